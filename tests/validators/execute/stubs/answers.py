"""How gcloud answers: the formats that the stub knows, and the paths into a value."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from .commandline import Line, refuse


def shown(value: Any, line: Line) -> None:
    """Prints an answer in the asked format; one that the stub does not know is an error, not silence."""
    form = line.one("--format", default="yaml") or "yaml"
    if form in ("json", "yaml"):
        print(json.dumps(value, indent=2) if form == "json" else yaml.safe_dump(value, sort_keys=False), end="\n" if form == "json" else "")
        return
    found = re.fullmatch(r"(value|get|json|csv\[no-heading\])(?:\[separator=(.)\])?\((.*)\)", form)
    if not found:
        refuse(f"gcloud: the stub does not know --format={form}", 97)
        return
    kind, separator, paths = found[1], found[2] or ("," if found[1].startswith("csv") else "\t"), found[3].split(",")
    if kind == "json":
        print(json.dumps(_kept(value, paths), indent=2))
        return
    for row in value if isinstance(value, list) else [value]:
        print(separator.join(text_of(reached(row, path.strip())) for path in paths))


def text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return ";".join(text_of(one) for one in value)
    return str(value) if not isinstance(value, dict) else ";".join(f"{key}={text_of(inner)}" for key, inner in value.items())


def _parts(path: str) -> list[str]:
    return re.findall(r"\[(\d*)\]|\['([^']+)'\]|\"([^\"]+)\"|([\w/-]+)(?:\(\))?", path)


def reached(value: Any, path: str) -> Any:
    for number, quoted, double, name in _parts(path):
        key = quoted or double or name
        if key in ("basename", "len", "list"):
            value = {"basename": lambda one: str(one).rsplit("/", 1)[-1], "len": len, "list": lambda one: one}[key](value)
        elif number:
            value = value[int(number)] if isinstance(value, list) and int(number) < len(value) else None
        elif not key:
            continue
        elif isinstance(value, list):
            value = [one.get(key) for one in value if isinstance(one, dict) and key in one]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _kept(value: Any, paths: list[str]) -> Any:
    if isinstance(value, list):
        return [_kept(one, paths) for one in value]
    kept: dict[str, Any] = {}
    for path in paths:
        names = [name for name in path.strip().split(".") if name]
        inner, outer = kept, names[:-1]
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[names[-1]] = reached(value, path)
    return kept
