"""Command lines of the stubs: words and flags, where a flag that nobody knows is an error, as it is for the real tools."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass
class Line:
    """What was asked: words in order, values by flag, and switches."""

    words: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)

    def one(self, *names: str, default: str | None = None) -> str | None:
        return next((self.values[name][-1] for name in names if name in self.values), default)

    def needed(self, program: str, *names: str) -> str:
        value = self.one(*names)
        if not value:
            refuse(f"{program}: {' or '.join(names)} is required")
        return value


def refuse(message: str, code: int = 2) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)


def parsed(program: str, arguments: list[str], valued: set[str], switches: set[str]) -> Line:
    line, at = Line(), 0
    while at < len(arguments):
        one = arguments[at]
        at += 1
        if one == "--":
            line.words += arguments[at:]
            break
        if not one.startswith("-") or one == "-":
            line.words.append(one)
            continue
        name, equals, value = one.partition("=")
        if name in switches and not equals:
            line.switches.add(name)
        elif name in valued:
            if not equals:
                if at == len(arguments):
                    refuse(f"{program}: {name} needs a value")
                value = arguments[at]
                at += 1
            line.values.setdefault(name, []).append(value)
        elif not name.startswith("--") and len(name) > 2 and all(f"-{letter}" in switches for letter in name[1:]):
            line.switches |= {f"-{letter}" for letter in name[1:]}
        elif not name.startswith("--") and len(name) > 2 and name[:2] in valued:
            line.values.setdefault(name[:2], []).append(one[2:])
        elif not name.startswith("--") and len(name) > 2 and all(f"-{c}" in switches for c in name[1:-1]) and f"-{name[-1]}" in valued:
            line.switches |= {f"-{letter}" for letter in name[1:-1]}
            line.values.setdefault(f"-{name[-1]}", []).append(arguments[at])
            at += 1
        else:
            refuse(f"{program}: unrecognized argument {one}")
    return line
