"""Runs a workflow as GitHub does: jobs in order of `needs`, conditions, matrices, environments, called workflows."""

from __future__ import annotations

import copy
import itertools
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from .expressions import ExpressionError, Scope, as_text, truthy
from .job import JobResult, JobRun
from .toolbox import Toolbox
from .world import World


@dataclass
class Trigger:
    """What started the run, and what GitHub holds for it."""

    event: str = "push"
    ref: str = "refs/heads/main"
    sha: str = "a" * 40
    payload: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    environments: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    """Per environment its `secrets` and `vars`, which only jobs of that environment see."""
    run_id: int = 1
    attempt: int = 1
    repository: str = "acme/shop"


class Run:
    """One run of one workflow file over a tree and a world."""

    def __init__(self, tree: Path, workflow: str, world: World, trigger: Trigger, scratch: Path) -> None:
        self.tree, self.world, self.trigger, self.scratch = tree, world, trigger, scratch
        self.file = workflow
        # GitHub reads YAML 1.2, in which `on` is a word.
        self.document = YAML(typ="safe", pure=True).load((tree / workflow).read_text(encoding="utf-8"))
        self.toolbox = Toolbox(scratch / "toolbox")
        self.cancelled = False
        self.results: dict[str, JobResult] = {}

    def jobs_in_order(self) -> list[str]:
        jobs, done = self.document["jobs"], []
        while len(done) < len(jobs):
            ready = [name for name in jobs if name not in done and set(needs(jobs[name])) <= set(done)]
            if not ready:
                raise ExpressionError(f"{self.file}: the jobs need each other or one that is not there")
            done.append(ready[0])
        return done

    def run(self) -> "Run":
        for name in self.jobs_in_order():
            self.results[name] = self._job(name, self.document["jobs"][name])
        return self

    @property
    def conclusion(self) -> str:
        results = {
            result.result
            for name, result in self.results.items()
            if not truthy(self.document["jobs"][name].get("continue-on-error", False))
        }
        if self.cancelled or "cancelled" in results:
            return "cancelled"
        return "failure" if "failure" in results else "success"

    def ancestors(self, name: str) -> set[str]:
        direct = needs(self.document["jobs"][name])
        return set(direct).union(*(self.ancestors(one) for one in direct)) if direct else set()

    def _github(self, job: str) -> dict[str, Any]:
        trigger = self.trigger
        server = "https://github.com"
        return {
            "event_name": trigger.event,
            "event": {"inputs": trigger.inputs, **trigger.payload},
            "ref": trigger.ref,
            "ref_name": trigger.ref.split("/", 2)[-1],
            "ref_type": "tag" if trigger.ref.startswith("refs/tags/") else "branch",
            "sha": trigger.sha,
            "repository": trigger.repository,
            "repository_owner": trigger.repository.split("/")[0],
            "run_id": str(trigger.run_id),
            "run_number": str(trigger.run_id),
            "run_attempt": str(trigger.attempt),
            "actor": "somebody",
            "triggering_actor": "somebody",
            "workflow": self.document.get("name", self.file),
            "workflow_ref": f"{trigger.repository}/{self.file}@{trigger.ref}",
            "workflow_sha": trigger.sha,
            "server_url": server,
            "api_url": f"{server}/api/v3",
            "token": "ghs_stub",
            "job": job,
            "head_ref": trigger.payload.get("pull_request", {}).get("head", {}).get("ref", ""),
            "base_ref": trigger.payload.get("pull_request", {}).get("base", {}).get("ref", ""),
            "workspace": "",
        }

    def _inputs(self) -> dict[str, Any]:
        events = self.document.get("on") or {}
        declared = (events.get(self.trigger.event) or {}).get("inputs", {}) if isinstance(events, dict) else {}
        given = {name: one.get("default", False if one.get("type") == "boolean" else "") for name, one in (declared or {}).items()}
        for name in self.trigger.inputs:
            if name not in given:
                raise ExpressionError(f"{self.file}: there is no input {name!r}")
        for name, one in (declared or {}).items():
            if one.get("required") and not self.trigger.inputs.get(name):
                raise ExpressionError(f"{self.file}: input {name!r} is required")
            if one.get("type") == "choice" and self.trigger.inputs.get(name, given[name]) not in one["options"]:
                raise ExpressionError(f"{self.file}: input {name!r} is none of {one['options']}")
        return given | self.trigger.inputs

    def _contexts(self, name: str, matrix: dict[str, Any]) -> dict[str, Any]:
        direct = needs(self.document["jobs"][name])
        return {
            "github": self._github(name),
            "inputs": self._inputs(),
            "vars": dict(self.trigger.variables),
            "secrets": {"GITHUB_TOKEN": "ghs_stub", **self.trigger.secrets},
            "needs": {one: {"result": self.results[one].result, "outputs": self.results[one].outputs} for one in direct},
            "matrix": matrix,
            "strategy": {"job-index": 0, "job-total": 1, "fail-fast": True, "max-parallel": 1},
            "env": {},
        }

    def _status(self, name: str) -> dict[str, Any]:
        """Status functions of a job's `if` look at the whole chain before it, not only at its own `needs`."""
        before = [self.results[one].result for one in self.ancestors(name)]
        return {
            "success": lambda: not self.cancelled and all(one == "success" for one in before),
            "failure": lambda: not self.cancelled and "failure" in before,
            "always": lambda: True,
            "cancelled": lambda: self.cancelled,
        }

    def _job(self, name: str, job: dict[str, Any]) -> JobResult:
        contexts = self._contexts(name, {})
        if not Scope(contexts, self._status(name)).condition(job.get("if")):
            return JobResult("skipped")
        results = []
        for matrix in combinations(Scope(contexts, {}).value(job.get("strategy", {}).get("matrix"))):
            results.append(self._one(name, job, matrix))
            fail_fast = job.get("strategy", {}).get("fail-fast", True)
            if fail_fast and results[-1].result != "success":
                break
        worst = next((one for kind in ("failure", "cancelled") for one in results if one.result == kind), None)
        joined = JobResult(worst.result if worst else "success", environment=results[-1].environment)
        for one in results:
            joined.steps += one.steps
            joined.outputs |= {key: value for key, value in one.outputs.items() if value}
            joined.summary += one.summary
        return joined

    def _one(self, name: str, job: dict[str, Any], matrix: dict[str, Any]) -> JobResult:
        contexts = self._contexts(name, matrix)
        scope = Scope(contexts, {})
        if "uses" in job:
            return self._called(job, scope)
        environment = scope.value(job.get("environment"))
        if isinstance(environment, dict):
            environment = environment.get("name")
        if environment:
            held = self.trigger.environments.get(environment)
            if held is None:
                raise ExpressionError(f"{self.file}: the repository has no environment {environment!r}")
            contexts["secrets"] |= held.get("secrets", {})
            contexts["vars"] |= held.get("vars", {})
            self.world.record({"program": "environment", "arguments": [environment], "line": f"environment {environment}", "job": name, "step": ""})
        runner = JobRun(self, name, job, contexts, environment)
        try:
            return runner.run()
        finally:
            shutil.rmtree(runner.folder, ignore_errors=True)

    def _called(self, job: dict[str, Any], scope: Scope) -> JobResult:
        """A reusable workflow of the same repository."""
        path = job["uses"]
        if not re.match(r"^(\./|\$/)", path):
            raise ExpressionError(f"{self.file}: only workflows of the repository can be called here, not {path}")
        trigger = copy.copy(self.trigger)
        trigger.event, trigger.inputs = "workflow_call", scope.value(job.get("with", {}))
        handed = job.get("secrets", {})
        trigger.secrets = self.trigger.secrets if handed == "inherit" else scope.value(handed)
        inner = Run(self.tree, path[2:], self.world, trigger, self.scratch).run()
        declared = (inner.document["on"]["workflow_call"] or {}).get("outputs", {})
        jobs = {one: {"result": result.result, "outputs": result.outputs} for one, result in inner.results.items()}
        outputs = {key: as_text(Scope({"jobs": jobs, **scope.contexts}, {}).value(one["value"])) for key, one in declared.items()}
        self.cancelled |= inner.cancelled
        return JobResult(inner.conclusion, [step for one in inner.results.values() for step in one.steps], outputs)


def needs(job: dict[str, Any]) -> list[str]:
    given = job.get("needs", [])
    return [given] if isinstance(given, str) else list(given)


def combinations(matrix: Any) -> list[dict[str, Any]]:
    """The combinations of a matrix, with GitHub's rule for `include`: it adds to a combination it does not contradict."""
    if not matrix:
        return [{}]
    axes = {key: values for key, values in matrix.items() if key not in ("include", "exclude")}
    combined = [dict(zip(axes, values)) for values in itertools.product(*axes.values())] if axes else []
    combined = [one for one in combined if not any(one.items() >= out.items() for out in matrix.get("exclude", []))]
    original = [dict(one) for one in combined]
    for extra in matrix.get("include", []):
        fitting = [
            index for index, one in enumerate(original) if all(one[key] == value for key, value in extra.items() if key in one)
        ]
        for index in fitting:
            combined[index] |= extra
        if not fitting:
            combined.append(dict(extra))
    return combined
