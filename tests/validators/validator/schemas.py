"""JSON Schema validation through check-jsonschema, shared by every kind of file that has a schema."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from .core import Broken, Check, Finding, Tools, Tree, matching


def judge(tools: Tools, tree: Tree, files: list[str], arguments: list[str]) -> list[Finding]:
    """Findings of check-jsonschema over these files."""
    command = [tools.python("check-jsonschema"), "--output-format", "json", *arguments]
    done = tools.run([*command, *files], cwd=tree.root)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise Broken(f"check-jsonschema {arguments}: {done.stdout}{done.stderr}") from error
    wrong = [Finding(one["filename"], f"{one['path']}: {one['message']}{_best(one)}") for one in answer.get("errors", [])]
    unread = [Finding(one["filename"], one["message"]) for one in answer.get("parse_errors", [])]
    if done.returncode != 0 and not wrong and not unread:
        raise Broken(f"check-jsonschema {arguments}: {done.stdout}{done.stderr}")
    return wrong + unread


def _best(error: dict) -> str:
    """An error under `anyOf` says nothing by itself; its deepest part does."""
    best = error.get("best_deep_match") or error.get("best_match") or {}
    return f" ({best['path']}: {best['message']})" if best else ""


def builtin(name: str) -> Callable[[Tools, Tree, list[str]], list[Finding]]:
    return lambda tools, tree, files: judge(tools, tree, files, ["--builtin-schema", name])


def by_reference(
    name: str, file: str, pattern: str, *, rare: bool = False, mend: Callable[[dict], None] | None = None
) -> Check:
    """A check against a strict schema of the reference folder; `mend` adds what the vendor's own description has and the schema lacks."""

    def check(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
        if mend is None:
            return judge(tools, tree, files, ["--schemafile", tools.schema(file)])
        schema = json.loads(Path(tools.schema(file)).read_text(encoding="utf-8"))
        mend(schema)
        with tempfile.TemporaryDirectory() as scratch:
            mended = Path(scratch) / file
            mended.write_text(json.dumps(schema), encoding="utf-8")
            return judge(tools, tree, files, ["--schemafile", str(mended)])

    return Check(name, matching(pattern), check, schema=file, rare=rare)
