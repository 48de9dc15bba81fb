"""Time that passes only when somebody sleeps, so that a rollout of hours runs in seconds."""

from __future__ import annotations

import datetime
import os
import re
import subprocess

from ..world import World

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(arguments: list[str]) -> float:
    total = 0.0
    for one in arguments:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", one)
        if not found:
            raise SystemExit(f"sleep: invalid time interval {one!r}")
        total += float(found[1]) * UNITS[found[2]]
    return total


def sleep(world: World, arguments: list[str]) -> int:
    with world.open() as state:
        state["now"] += seconds(arguments)
        now = state["now"]
    # Whoever sleeps past a deadline of GitHub's is stopped there.
    for name, how in (("DEPLOYC_JOB_DEADLINE", "job-timeout"), ("DEPLOYC_STEP_DEADLINE", "step-timeout")):
        if now > float(os.environ.get(name, "inf")):
            world.stop(how)
    return 0


def date(world: World, arguments: list[str]) -> int:
    """The real program, with the world's clock wherever the real one would be read."""
    now = int(world.read()["now"])
    moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    given, rest, skip = None, [], False
    for index, one in enumerate(arguments):
        if skip:
            skip = False
        elif one in ("-d", "--date"):
            given, skip = arguments[index + 1], True
        elif one.startswith("--date="):
            given = one.removeprefix("--date=")
        else:
            rest.append(one)
    if given is None:
        given = f"@{now}"
    elif re.search(r"\b(ago|now|today|yesterday|tomorrow)\b|^[+-]?\s*\d+ (second|minute|hour|day|week)s?\b", given):
        given = f"{moment} {re.sub(r'^(now|today)', '', given)}"
    done = subprocess.run(["/bin/date", "--date", given, *rest], check=False)
    return done.returncode
