"""The expression language of GitHub workflows: parsed and evaluated as GitHub does, with its coercions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>[A-Za-z_][\w-]*)
    | (?P<operator>&&|\|\||==|!=|<=|>=|[<>!()\[\],.*])
    )""",
    re.VERBOSE,
)
EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = re.compile(r"\b(success|failure|always|cancelled)\s*\(", re.IGNORECASE)


class ExpressionError(Exception):
    """The expression is wrong, which GitHub would answer with a failed workflow."""


@dataclass(frozen=True)
class Filtered:
    """The values that `.*` selected; a further `.name` maps over them."""

    values: list[Any]


@dataclass
class Scope:
    """What names and functions mean where an expression stands."""

    contexts: dict[str, Any]
    functions: dict[str, Callable[..., Any]]

    def evaluate(self, text: str) -> Any:
        reader = _Reader(_tokens(text), self)
        value = reader.either()
        reader.end()
        return value.values if isinstance(value, Filtered) else value

    def filled(self, text: str) -> str:
        """Text with each `${{ }}` replaced by its value."""
        return EMBEDDED.sub(lambda found: as_text(self.evaluate(found[1])), text)

    def value(self, text: Any) -> Any:
        """A field's value: a lone `${{ }}` keeps its type, anything else becomes text."""
        if isinstance(text, dict):
            return {key: self.value(inner) for key, inner in text.items()}
        if isinstance(text, list):
            return [self.value(inner) for inner in text]
        if not isinstance(text, str):
            return text
        whole = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, re.DOTALL)
        if whole and len(EMBEDDED.findall(text)) == 1:
            return self.evaluate(whole[1])
        return self.filled(text)

    def condition(self, text: Any) -> bool:
        """An `if`: bare or in `${{ }}`, with `success()` implied where no status function is asked."""
        if text is None:
            return truthy(self.evaluate("success()"))
        if not isinstance(text, str):
            text = as_text(text)
        whole = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, re.DOTALL)
        inner = whole[1] if whole else text
        if not STATUS.search(re.sub(r"'(?:[^']|'')*'", "", inner)):
            inner = f"success() && ({inner})"
        return truthy(self.evaluate(inner))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = TOKEN.match(text, position)
        if not found:
            raise ExpressionError(f"unexpected {text[position:position + 10]!r} in {text!r}")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        position = found.end()
    return tokens


class _Reader:
    """Recursive descent that evaluates as it reads; what a short circuit skips is read but not judged."""

    def __init__(self, tokens: list[tuple[str, str]], scope: Scope) -> None:
        self.tokens, self.scope, self.at, self.skipping = tokens, scope, 0, 0

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) and self.tokens[self.at][0] == "operator" else None

    def take(self, *wanted: str) -> str | None:
        if self.peek() in wanted:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def demand(self, wanted: str) -> None:
        if not self.take(wanted):
            raise ExpressionError(f"expected {wanted!r} at token {self.at}")

    def end(self) -> None:
        if self.at != len(self.tokens):
            raise ExpressionError(f"unexpected {self.tokens[self.at][1]!r}")

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            value = self._short(value, truthy(value), self.both)
        return value

    def both(self) -> Any:
        value = self.equality()
        while self.take("&&"):
            value = self._short(value, not truthy(value), self.equality)
        return value

    def _short(self, value: Any, decided: bool, read: Callable[[], Any]) -> Any:
        self.skipping += decided
        other = read()
        self.skipping -= decided
        return value if decided else other

    def equality(self) -> Any:
        value = self.comparison()
        while operator := self.take("==", "!="):
            other = self.comparison()
            value = equal(value, other) == (operator == "==")
        return value

    def comparison(self) -> Any:
        value = self.negation()
        while operator := self.take("<", "<=", ">", ">="):
            value = ordered(operator, value, self.negation())
        return value

    def negation(self) -> Any:
        return not truthy(self.negation()) if self.take("!") else self.reached()

    def reached(self) -> Any:
        value = self.atom()
        while operator := self.take(".", "["):
            if operator == ".":
                key: Any = "*" if self.take("*") else self._name()
            else:
                key = "*" if self.take("*") else self.either()
                self.demand("]")
            value = selected(value, key)
        return value

    def _name(self) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
            self.at += 1
            return self.tokens[self.at - 1][1]
        raise ExpressionError("a name must follow the dot")

    def atom(self) -> Any:
        if self.take("("):
            value = self.either()
            self.demand(")")
            return value
        if self.at >= len(self.tokens):
            raise ExpressionError("the expression ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return as_number(text)
        if kind != "name":
            raise ExpressionError(f"unexpected {text!r}")
        return self._call(text) if self.take("(") else self._named(text)

    def _named(self, text: str) -> Any:
        if text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        if text.lower() in ("nan", "infinity"):
            return math.nan if text.lower() == "nan" else math.inf
        if text.lower() not in self.scope.contexts:
            raise ExpressionError(f"unknown context {text!r}")
        return self.scope.contexts[text.lower()]

    def _call(self, name: str) -> Any:
        arguments = []
        if not self.take(")"):
            arguments.append(self.either())
            while self.take(","):
                arguments.append(self.either())
            self.demand(")")
        function = {**FUNCTIONS, **self.scope.functions}.get(name.lower())
        if function is None:
            raise ExpressionError(f"unknown function {name!r}")
        if self.skipping:
            return None
        arguments = [one.values if isinstance(one, Filtered) else one for one in arguments]
        try:
            return function(*arguments)
        except TypeError as error:
            raise ExpressionError(f"{name}: {error}") from error


def truthy(value: Any) -> bool:
    if isinstance(value, (dict, list, Filtered)):
        return True
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value)


def as_number(value: Any) -> float:
    if value is None:
        return 0
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str):
        text = value.strip()
        if text == "":
            return 0
        try:
            if prefixed := re.fullmatch(r"0([xo])([0-9a-fA-F]+)", text):
                return int(prefixed[2], 16 if prefixed[1] == "x" else 8)
            return float(text) if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) else math.nan
        except ValueError:
            return math.nan
    return math.nan


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        if isinstance(value, float) and math.isnan(value):
            return "NaN"
        if isinstance(value, float) and math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return str(int(value)) if float(value).is_integer() else f"{value:.15g}"
    if isinstance(value, str):
        return value
    return "Array" if isinstance(value, (list, Filtered)) else "Object"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((type(None), "null"), ((int, float), "number"), (str, "string"), ((list, Filtered), "array")):
        if isinstance(value, kind):
            return name
    return "object"


def equal(left: Any, right: Any) -> bool:
    if _kind(left) != _kind(right):
        return as_number(left) == as_number(right)
    if isinstance(left, str):
        return left.upper() == right.upper()
    return left is right if isinstance(left, (dict, list, Filtered)) else left == right


def ordered(operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.upper(), right.upper()
    else:
        left, right = as_number(left), as_number(right)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def selected(value: Any, key: Any) -> Any:
    if isinstance(value, Filtered):
        if key == "*":
            return Filtered([inner for one in value.values for inner in _all(one)])
        return Filtered([found for one in value.values if (found := selected(one, key)) is not None])
    if key == "*":
        return Filtered(_all(value))
    if isinstance(value, dict):
        wanted = as_text(key).upper()
        return next((inner for name, inner in value.items() if name.upper() == wanted), None)
    if isinstance(value, list):
        number = as_number(key)
        return value[int(number)] if not math.isnan(number) and 0 <= number < len(value) else None
    return None


def _all(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []


def contains(searched: Any, item: Any) -> bool:
    if isinstance(searched, list):
        return any(equal(one, item) for one in searched)
    if isinstance(searched, dict) or isinstance(item, (dict, list)):
        return False
    return as_text(item).upper() in as_text(searched).upper()


def formatted(pattern: Any, *values: Any) -> str:
    def piece(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None or int(found[1]) >= len(values):
            raise ExpressionError(f"wrong format string {pattern!r}")
        return as_text(values[int(found[1])])

    return re.sub(r"\{\{|\}\}|\{(\d+)\}|[{}]", piece, as_text(pattern))


def from_json(text: Any) -> Any:
    try:
        return json.loads(as_text(text))
    except json.JSONDecodeError as error:
        raise ExpressionError(f"fromJSON: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": contains,
    "startswith": lambda text, start: as_text(text).upper().startswith(as_text(start).upper()),
    "endswith": lambda text, end: as_text(text).upper().endswith(as_text(end).upper()),
    "format": formatted,
    "join": lambda values, by=",": as_text(by).join(map(as_text, values)) if isinstance(values, list) else as_text(values),
    "tojson": lambda value: json.dumps(_plain(value), indent=2, ensure_ascii=False),
    "fromjson": from_json,
}
