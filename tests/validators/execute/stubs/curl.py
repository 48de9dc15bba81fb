"""curl against scripted measurements (Prometheus) and scripted answers of the services."""

from __future__ import annotations

import json
import re
import sys
from urllib.parse import parse_qs, urlparse

from ..world import World, scripted
from .commandline import parsed, refuse

VALUED = {
    "-o", "--output", "-w", "--write-out", "-H", "--header", "-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "-X",
    "--request", "-m", "--max-time", "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time", "-u", "--user", "--url", "-A", "--config", "-K",
}  # fmt: skip
SWITCHES = {
    "-f", "--fail", "-s", "--silent", "-S", "--show-error", "-L", "--location", "-G", "--get", "-k", "-v", "-i", "--fail-with-body",
    "--retry-connrefused", "--retry-all-errors", "--compressed", "-I", "--head",
}  # fmt: skip


def run(world: World, arguments: list[str]) -> int:
    line = parsed("curl", arguments, VALUED, SWITCHES)
    address = line.one("--url") or (line.words[0] if line.words else "")
    if not address:
        refuse("curl: no URL specified")
    with world.open() as state:
        if urlparse(address).path.endswith("/api/v1/query"):
            status, body = _measured(state, _query(address, line.values.get("--data-urlencode", [])))
        else:
            status, body = _answered(state, address)
    fails = {"-f", "--fail", "--fail-with-body"} & line.switches
    if status == 0:
        print(f"curl: (7) Failed to connect to {address}", file=sys.stderr)
    keep = status and (not (fails and status >= 400) or "--fail-with-body" in line.switches)
    output = line.one("-o", "--output")
    if keep and output and output != "/dev/null":
        with open(output, "w", encoding="utf-8") as opened:
            opened.write(body)
    elif keep and not output:
        print(body, end="")
    if form := line.one("-w", "--write-out"):
        print(form.replace("%{http_code}", f"{status:03d}").replace("%{time_total}", "0.050").replace("\\n", "\n"), end="")
    if status == 0:
        return 7
    return 22 if fails and status >= 400 else 0


def _query(address: str, encoded: list[str]) -> str:
    given = dict(one.split("=", 1) for one in encoded if "=" in one)
    return given.get("query") or parse_qs(urlparse(address).query).get("query", [""])[0]


def _measured(state: dict, query: str) -> tuple[int, str]:
    """A vector of one value; `null` is an empty vector, and a number from 400 on with `!` before it an error of the server."""
    for one in state["prometheus"]:
        if re.search(one["match"], query):
            value = scripted(one["values"])
            if isinstance(value, str) and value.startswith("!"):
                return int(value[1:]), '{"status":"error"}'
            result = [] if value is None else [{"metric": {}, "value": [state["now"], str(value)]}]
            return 200, json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})
    refuse(f"curl: the scenario scripts no value for the query {query}", 97)
    return 500, ""


def _answered(state: dict, address: str) -> tuple[int, str]:
    for one in state["http"]:
        if re.search(one["match"], address):
            status = scripted(one["statuses"])
            return status, one.get("body", "ok")
    return 200, "ok"
