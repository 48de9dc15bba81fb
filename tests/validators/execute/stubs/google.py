"""What else of Google Cloud a rollout touches: schedules, projects, values of secrets, and taking workloads down."""

from __future__ import annotations

import sys
from typing import Any

from .answers import shown
from .cloudrun import absent, named, place
from .commandline import Line, refuse


def projects_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    shown({"projectId": named(line, rest), "projectNumber": "123456789012"}, line)
    return 0


def secrets_access(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    values = state["secrets"].get(line.needed("gcloud secrets versions access", "--secret"))
    if not values:
        print("ERROR: NOT_FOUND: no version", file=sys.stderr)
        return 1
    print(values[-1], end="")
    return 0


def schedules(word: str):
    def act(state: dict[str, Any], line: Line, rest: list[str]) -> int:
        place(line)
        name = named(line, rest)
        known = state.setdefault("schedules", {})
        if word == "create" and name in known:
            refuse(f"ERROR: ALREADY_EXISTS: {name}", 1)
        if word != "create" and name not in known:
            print(f"ERROR: NOT_FOUND: {name}", file=sys.stderr)
            return 1
        if word in ("create", "update"):
            known[name] = {"schedule": line.needed("gcloud", "--schedule"), "uri": line.needed("gcloud", "--uri")}
        elif word == "delete":
            del known[name]
        else:
            shown({"name": name, **known[name]}, line)
        return 0

    return act


def remove(kind: str):
    def act(state: dict[str, Any], line: Line, rest: list[str]) -> int:
        place(line)
        name = named(line, rest)
        if name not in state[kind]:
            return absent(kind.replace("_", "-"), name)
        del state[kind][name]
        return 0

    return act
