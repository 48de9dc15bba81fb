"""How a scenario is told: a world, a run, and what must be true of calls, platform and results."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from .workflow import Run, Trigger
from .world import World, new


class Wrong(AssertionError):
    """What a scenario expected did not happen."""


class Scenario:
    """A world that lasts over several runs of workflows of one tree."""

    def __init__(self, tree: Path, **world: Any) -> None:
        self.tree = tree
        self._folder = tempfile.TemporaryDirectory(prefix="deployc-execute-")
        self.scratch = Path(self._folder.name)
        folder = self.scratch / "world"
        folder.mkdir()
        self.world = World(folder)
        self.world.write(new(**world))

    def __enter__(self) -> "Scenario":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def run(self, workflow: str, **trigger: Any) -> Run:
        """Runs a workflow; the calls of earlier runs are forgotten, the world is not."""
        self.world.calls_file.unlink(missing_ok=True)
        return Run(self.tree, workflow, self.world, Trigger(**trigger), self.scratch).run()

    def change(self, **values: Any) -> None:
        with self.world.open() as state:
            state.update(values)

    @property
    def state(self) -> dict[str, Any]:
        return self.world.read()

    def lines(self, pattern: str = "", job: str = "") -> list[str]:
        """The recorded calls that match, in order."""
        return [
            call["line"]
            for call in self.world.calls()
            if re.search(pattern, call["line"]) and (not job or call["job"] == job)
        ]

    def in_order(self, *patterns: str) -> None:
        """Calls matching these patterns happened in this order (others may stand between)."""
        lines = iter(self.lines())
        for pattern in patterns:
            if not any(re.search(pattern, line) for line in lines):
                calls = "\n    ".join(self.lines())
                raise Wrong(f"no call like {pattern!r} at its place in\n    {calls}")

    def never(self, pattern: str) -> None:
        if found := self.lines(pattern):
            raise Wrong(f"must not be called: {found[0]}")

    def serving(self, service: str) -> dict[str, int]:
        """How much of its traffic each image of a service answers."""
        from .stubs.cloudrun import running

        one = self.state["services"][service]
        images = {revision["name"]: revision["image"] for revision in one["revisions"]}
        shares: dict[str, int] = {}
        for target in running(one):
            image = images[target["revisionName"]]
            shares[image] = shares.get(image, 0) + target.get("percent", 0)
        return {image: share for image, share in shares.items() if share}


def expect(actual: Any, wanted: Any, what: str) -> None:
    if actual != wanted:
        raise Wrong(f"{what}: expected {wanted!r}, was {actual!r}")


def logs(run: Run) -> str:
    """Every step of a run with its log, for the message of a scenario that went wrong."""
    told = []
    for name, job in run.results.items():
        told.append(f"{name}: {job.result}")
        told += [f"  {step.name}: {step.outcome}\n    {step.log.strip()}" for step in job.steps]
    return "\n".join(told)
