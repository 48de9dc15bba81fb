"""Compares our evaluator of expressions with GitHub's own, expression by expression."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from validator.core import Tools

from .expressions import ExpressionError, Scope

CASES = Path(__file__).parent / "fixtures" / "expressions.json"


def ours(text: str, contexts: dict[str, Any]) -> Any:
    try:
        return {"value": _comparable(Scope(contexts, {}).evaluate(text))}
    except ExpressionError as error:
        return {"error": str(error)}


def _comparable(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity"
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, dict):
        return {key: _comparable(one) for key, one in value.items()}
    return value


def disagreements(tools: Tools) -> tuple[int, list[str]]:
    """How many expressions were compared, and where we differ from GitHub."""
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    done = tools.run(["node", str(tools.node_checks() / "expressions.mjs")], fine=(0,), stdin=json.dumps(cases))
    wrong = []
    for text, theirs in zip(cases["expressions"], json.loads(done.stdout), strict=True):
        mine = ours(text, cases["contexts"])
        if ("error" in mine) != ("error" in theirs) or mine.get("value") != theirs.get("value"):
            wrong.append(f"{text}: GitHub says {theirs}, we say {mine}")
    return len(cases["expressions"]), wrong
