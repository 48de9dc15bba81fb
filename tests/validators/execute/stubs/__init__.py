"""The stub tools: each records its call and acts upon the world as the real one would upon its platform."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..world import World
from . import clock, containers, curl, gcloud, github, machine

PROGRAMS = {
    "gcloud": gcloud.run,
    "curl": curl.run,
    "docker": containers.docker,
    "ssh": machine.ssh,
    "crontab": machine.crontab,
    "cosign": containers.cosign,
    "syft": containers.syft,
    "gh": github.run,
    "sleep": clock.sleep,
    "date": clock.date,
}


def main(program: str) -> None:
    world = World(Path(os.environ["DEPLOYC_WORLD"]))
    arguments = sys.argv[1:]
    if program not in ("date",):
        world.begin(program, arguments)
    handler = PROGRAMS.get(program, generic)
    sys.exit(handler(world, arguments) or 0)


def generic(world: World, arguments: list[str]) -> int:
    """A command of the project itself (npm, pytest, …): scripted by the scenario, else it works."""
    import re

    line = " ".join([Path(sys.argv[0]).name, *arguments])
    with world.open() as state:
        for answer in state["answers"]:
            if re.search(answer["match"], line):
                print(answer.get("stdout", ""), end="")
                return answer.get("exit", 0)
    return 0
