"""gh over a repository that remembers deployments, issues and runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from ..world import World
from .commandline import refuse


def run(world: World, arguments: list[str]) -> int:
    words = [one for one in arguments if not one.startswith("-")]
    with world.open() as state:
        if words[:2] == ["attestation", "verify"]:
            digest = words[2].rpartition("@")[2]
            if digest not in state["attested"]:
                print("Error: no attestations found", file=sys.stderr)
                return 1
            return 0
        if words[:1] == ["api"]:
            return _api(state, arguments[1:])
        if words[:1] == ["issue"]:
            return _issue(state, arguments)
        if words[:2] in (["workflow", "run"], ["run", "rerun"], ["run", "cancel"], ["run", "watch"]):
            state["github"]["runs"].append(" ".join(arguments))
            return 0
        if words[:2] == ["run", "list"]:
            return _printed(state["github"].get("listed_runs", []), arguments)
    refuse(f"gh: the stub does not know: {' '.join(arguments)}", 97)
    return 97


def _flag(arguments: list[str], *names: str) -> str | None:
    for index, one in enumerate(arguments):
        for name in names:
            if one == name and index + 1 < len(arguments):
                return arguments[index + 1]
            if one.startswith(f"{name}="):
                return one.removeprefix(f"{name}=")
    return None


def _fields(arguments: list[str]) -> dict:
    fields: dict = {}
    for index, one in enumerate(arguments):
        if one in ("-f", "--raw-field", "-F", "--field"):
            key, _, value = arguments[index + 1].partition("=")
            typed = one in ("-F", "--field") and re.fullmatch(r"true|false|null|-?\d+", value)
            fields[key] = json.loads(value) if typed else value
    if _flag(arguments, "--input") == "-":
        fields |= json.load(sys.stdin)
    return fields


def _printed(value: object, arguments: list[str]) -> int:
    query = _flag(arguments, "--jq", "-q")
    if query is None:
        print(json.dumps(value))
        return 0
    done = subprocess.run(["jq", "-r", query], input=json.dumps(value), text=True, check=False)
    return done.returncode


def _api(state: dict, arguments: list[str]) -> int:
    path = next(one for one in arguments if "/" in one and not one.startswith("-")).partition("?")
    fields = _fields(arguments)
    method = _flag(arguments, "-X", "--method") or ("POST" if fields else "GET")
    known = state["github"]["deployments"]
    wanted = dict(re.findall(r"(\w+)=([^&]*)", path[2])) | (fields if method == "GET" else {})
    if found := re.search(r"/deployments/(\d+)/statuses$", path[0]):
        deployment = next(one for one in known if one["id"] == int(found[1]))
        if method == "POST":
            deployment["statuses"].insert(0, fields)
            return _printed(fields, arguments)
        return _printed(deployment["statuses"], arguments)
    if path[0].endswith("/deployments"):
        if method == "POST":
            known.append({"id": len(known) + 1, "statuses": [], **fields})
            return _printed(known[-1], arguments)
        rows = [one for one in reversed(known) if all(str(one.get(key)) == value for key, value in wanted.items() if key in ("environment", "ref", "task", "sha"))]
        return _printed(rows, arguments)
    if path[0].endswith("/issues") and method == "POST":
        state["github"]["issues"].append(fields)
        return _printed({"number": len(state["github"]["issues"])}, arguments)
    for answer in state["answers"]:
        if re.search(answer["match"], f"gh api {method} {path[0]}"):
            return _printed(answer["value"], arguments)
    refuse(f"gh api: the stub does not know: {method} {path[0]}", 97)
    return 97


def _issue(state: dict, arguments: list[str]) -> int:
    issues = state["github"]["issues"]
    if arguments[1] == "list":
        wanted = _flag(arguments, "--search") or ""
        rows = [{"number": index + 1, **one} for index, one in enumerate(issues) if one.get("state") != "closed"]
        return _printed([row for row in rows if not wanted or wanted.split(" in:")[0].strip('"') in row.get("title", "")], arguments)
    if arguments[1] == "create":
        issues.append({"title": _flag(arguments, "--title", "-t"), "body": _flag(arguments, "--body", "-b"), "label": _flag(arguments, "--label", "-l")})
    elif arguments[1] == "close":
        issues[int(arguments[2]) - 1]["state"] = "closed"
    elif arguments[1] not in ("comment", "edit"):
        refuse(f"gh issue: the stub does not know: {arguments[1]}", 97)
    return 0
