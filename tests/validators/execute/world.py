"""The world that a run acts upon: platforms, registry, measurements and clock in one JSON file, with every call recorded beside it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START = 1_790_000_000
"""A Monday in the future, far from any freeze window."""


def new(**given: Any) -> dict[str, Any]:
    """A world with nothing deployed; scenarios overwrite what they care about."""
    world: dict[str, Any] = {
        "now": START,
        "services": {},
        "worker_pools": {},
        "jobs": {},
        "images": {},
        "attested": [],
        "secrets": {},
        "unhealthy": [],
        "job_results": {},
        "prometheus": [],
        "http": [],
        "github": {"deployments": [], "issues": [], "runs": []},
        "answers": [],
        "faults": [],
        "machines": {},
    }
    return world | given


class World:
    """The file in which the world lies; stubs of one run share it, and a second run finds what the first left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state_file = folder / "world.json"
        self.calls_file = folder / "calls.jsonl"
        self.stop_file = folder / "stop"

    def write(self, state: dict[str, Any]) -> None:
        self.state_file.write_text(json.dumps(state, indent=1), encoding="utf-8")

    def read(self) -> dict[str, Any]:
        return json.loads(self.state_file.read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def open(self) -> Iterator[dict[str, Any]]:
        """The state, changed by one program at a time and written back even when that program then fails."""
        with open(self.folder / "lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.read()
            try:
                yield state
            finally:
                self.write(state)

    def record(self, call: dict[str, Any]) -> None:
        with open(self.calls_file, "a", encoding="utf-8") as calls:
            calls.write(json.dumps(call) + "\n")

    def calls(self) -> list[dict[str, Any]]:
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text(encoding="utf-8").splitlines()]

    def begin(self, program: str, arguments: list[str]) -> None:
        """Records a call and lets what the scenario planned for it happen: an error, a lost runner, a cancelled run."""
        line = " ".join([program, *arguments])
        call = {"program": program, "arguments": arguments, "line": line}
        call |= {"job": os.environ.get("GITHUB_JOB", ""), "step": os.environ.get("DEPLOYC_STEP", "")}
        self.record(call)
        with self.open() as state:
            fault = next((one for one in state["faults"] if _due(one, line)), None)
        if fault is None:
            return
        if fault["action"] == "fail":
            print(fault.get("stderr", f"{program}: the scenario lets this call fail"), file=sys.stderr)
            sys.exit(fault.get("exit", 1))
        if fault["action"] == "ignore":
            # The platform says yes and then goes back by itself.
            sys.exit(0)
        self.stop(fault["action"])

    def stop(self, how: str) -> None:
        """Ends the step's whole process group at once, as a lost runner or a cancelled run does."""
        self.stop_file.write_text(how, encoding="utf-8")
        # The step's shell leads the session; `timeout` puts what it starts into a group of its own.
        for group in {os.getsid(0), os.getpgrp()}:
            os.killpg(group, signal.SIGKILL)


def _due(fault: dict[str, Any], line: str) -> bool:
    if not re.search(fault["match"], line):
        return False
    fault["seen"] = fault.get("seen", 0) + 1
    # Without a number every call is meant; with one, that call alone.
    return "nth" not in fault or fault["seen"] == fault["nth"]


def scripted(answers: list[Any]) -> Any:
    """The next scripted answer; the last one stays."""
    return answers.pop(0) if len(answers) > 1 else answers[0]
