"""Runs a workflow as GitHub's runner does: jobs in order of `needs`, conditions, matrices, steps, outputs, timeouts."""

from __future__ import annotations

import copy
import itertools
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from .actions import ACTIONS, ActionFailed, Use
from .expressions import ExpressionError, Scope, as_text, truthy
from .toolbox import Toolbox
from .world import World

REAL_SECONDS = 60
"""No step needs longer, as time passes only in the world; a step that does loops for ever."""

DEFAULT_JOB_MINUTES = 360


@dataclass
class StepResult:
    """How one step ended: `outcome` before `continue-on-error`, `conclusion` after it."""

    name: str
    id: str | None
    outcome: str
    conclusion: str
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class JobResult:
    """How one job ended, with what it hands on."""

    result: str
    steps: list[StepResult] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    environment: str | None = None
    summary: str = ""

    def step(self, name: str) -> StepResult:
        return next(step for step in self.steps if name in (step.name, step.id))


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


class JobRun:
    """One job on a fresh runner."""

    def __init__(self, run: Run, name: str, job: dict[str, Any], contexts: dict[str, Any], environment: str | None) -> None:
        self.run_, self.name, self.job, self.contexts = run, name, job, contexts
        self.result = JobResult("success", environment=environment)
        self.status = "success"
        self.folder = run.scratch / f"runner-{name}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.workspace = self.folder / "work"
        self.workspace.mkdir(parents=True)
        self.steps: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.extra_path: list[str] = []
        self.started = run.world.read()["now"]
        contexts["github"]["workspace"] = str(self.workspace)
        contexts["steps"] = self.steps
        contexts["job"] = {"status": "success"}
        contexts["runner"] = {"os": "Linux", "arch": "X64", "name": "stub", "temp": str(self.folder), "tool_cache": str(self.folder), "environment": "github-hosted"}

    def run(self) -> JobResult:
        for number, step in enumerate(self.job["steps"]):
            self._step(number, step)
            if self.status == "lost":
                # Nothing runs on a machine that is gone, not even what is `always()` to run.
                self.status = "failure"
                break
        self.result.result = "success" if self.status == "failure" and truthy(self.job.get("continue-on-error", False)) else self.status
        scope = Scope(self.contexts, {})
        self.result.outputs = {key: as_text(scope.value(value)) for key, value in (self.job.get("outputs") or {}).items()}
        return self.result

    def _functions(self) -> dict[str, Any]:
        return {
            "success": lambda: self.status == "success",
            "failure": lambda: self.status == "failure",
            "always": lambda: True,
            "cancelled": lambda: self.status == "cancelled",
            "hashfiles": lambda *patterns: "0" * 64,
        }

    def _step(self, number: int, step: dict[str, Any]) -> None:
        scope = Scope(self.contexts, self._functions())
        plain = {**(self.run_.document.get("env") or {}), **(self.job.get("env") or {})}
        self.contexts["env"] = {key: as_text(scope.value(value)) for key, value in plain.items()} | self.environment
        self.contexts["env"] |= {key: as_text(scope.value(value)) for key, value in (step.get("env") or {}).items()}
        name = as_text(scope.value(step.get("name") or step.get("uses") or f"step {number}"))
        if not scope.condition(step.get("if")):
            self._ended(step, StepResult(name, step.get("id"), "skipped", "skipped"))
            return
        result = StepResult(name, step.get("id"), "success", "success")
        how = self._used(step, scope, result) if "uses" in step else self._ran(step, scope, result, number)
        if how != "success":
            result.outcome = "failure" if how in ("failure", "step-timeout", "lost") else "cancelled"
            forgiven = how in ("failure", "step-timeout") and truthy(scope.value(step.get("continue-on-error", False)))
            result.conclusion = "success" if forgiven else result.outcome
            if not forgiven:
                self.status = how if how == "lost" else result.outcome
            self.run_.cancelled |= how == "cancel"
        self._ended(step, result)

    def _ended(self, step: dict[str, Any], result: StepResult) -> None:
        self.result.steps.append(result)
        self.contexts["job"]["status"] = "failure" if self.status == "lost" else self.status
        if step.get("id"):
            self.steps[step["id"]] = {"outcome": result.outcome, "conclusion": result.conclusion, "outputs": result.outputs}

    def _permissions(self) -> dict[str, str]:
        given = self.job.get("permissions", self.run_.document.get("permissions"))
        if isinstance(given, str):
            level = given.removesuffix("-all")
            return dict.fromkeys(("contents", "id-token", "attestations", "packages", "deployments", "issues", "actions", "security-events"), level)
        return given or {}

    def _used(self, step: dict[str, Any], scope: Scope, result: StepResult) -> str:
        action, _, version = step["uses"].partition("@")
        if action not in ACTIONS:
            raise ExpressionError(f"{self.run_.file}: nobody here knows what {action} does")
        if not re.fullmatch(r"[0-9a-f]{40}", version):
            raise ExpressionError(f"{self.run_.file}: {action} is not pinned")
        inputs = {key: as_text(scope.value(value)) for key, value in (step.get("with") or {}).items()}
        line = f"{action} {json.dumps(inputs)}"
        self.run_.world.record({"program": action, "arguments": inputs, "line": line, "job": self.name, "step": result.name})
        artifacts = self.run_.scratch / "artifacts"
        use = Use(action, inputs, self.run_.world, self.workspace, self.run_.tree, artifacts, self._permissions(), self.contexts["github"])
        try:
            result.outputs = ACTIONS[action](use)
        except ActionFailed as error:
            result.log = str(error)
            return "failure"
        return "success"

    def _command(self, step: dict[str, Any], script: Path) -> list[str]:
        defaults = {**(self.run_.document.get("defaults") or {}).get("run", {}), **(self.job.get("defaults") or {}).get("run", {})}
        shell = step.get("shell") or defaults.get("shell")
        # What GitHub runs: without a named shell there is no pipefail.
        named = {None: "bash -e {0}", "bash": "bash --noprofile --norc -eo pipefail {0}", "sh": "sh -e {0}"}
        return [part.replace("{0}", str(script)) for part in named.get(shell, str(shell)).split()]

    def _ran(self, step: dict[str, Any], scope: Scope, result: StepResult, number: int) -> str:
        files = {name: self.folder / f"{name}-{number}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        script = self.folder / f"step-{number}.sh"
        script.write_text(scope.filled(step["run"]), encoding="utf-8")
        defaults = {**(self.run_.document.get("defaults") or {}).get("run", {}), **(self.job.get("defaults") or {}).get("run", {})}
        below = as_text(scope.value(step.get("working-directory") or defaults.get("working-directory") or "."))
        folder = self.workspace / below
        if not folder.is_dir():
            result.log = f"working directory {below} does not exist"
            return "failure"
        environment = self._environment(files, step, result.name)
        self.run_.world.stop_file.unlink(missing_ok=True)
        try:
            done = subprocess.run(
                self._command(step, script), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=REAL_SECONDS, start_new_session=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ExpressionError(f"{self.run_.file}: step {result.name!r} loops for ever: {error.output}") from error
        result.log = done.stdout
        result.outputs = assignments(files["OUTPUT"].read_text(encoding="utf-8"))
        self.environment |= assignments(files["ENV"].read_text(encoding="utf-8"))
        self.extra_path = files["PATH"].read_text(encoding="utf-8").split() + self.extra_path
        self.result.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
        stopped = self.run_.world.stop_file
        if stopped.exists():
            how = stopped.read_text(encoding="utf-8")
            stopped.unlink()
            return how
        return "success" if done.returncode == 0 else "failure"

    def _environment(self, files: dict[str, Path], step: dict[str, Any], name: str) -> dict[str, str]:
        github = self.contexts["github"]
        given = {f"GITHUB_{key.upper()}": value for key, value in github.items() if isinstance(value, str) and key != "token"}
        event = self.folder / "event.json"
        event.write_text(json.dumps(github["event"]), encoding="utf-8")
        now = self.run_.world.read()["now"]
        deadline = self.started + 60 * float(self.job.get("timeout-minutes", DEFAULT_JOB_MINUTES))
        step_deadline = now + 60 * float(step["timeout-minutes"]) if "timeout-minutes" in step else float("inf")
        path = [*self.extra_path, str(self.run_.toolbox.folder)]
        return {
            **given,
            **{f"GITHUB_{key}": str(file) for key, file in files.items()},
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.folder),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join(path),
            **self.contexts["env"],
            "DEPLOYC_WORLD": str(self.run_.world.folder),
            "DEPLOYC_STEP": name,
            "DEPLOYC_JOB_DEADLINE": str(deadline),
            "DEPLOYC_STEP_DEADLINE": str(step_deadline),
        }


def assignments(text: str) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT or GITHUB_ENV: `name=value` lines and `name<<END` blocks."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        if block := re.match(r"^([^=]+?)<<(.+)$", line):
            value = []
            for inner in lines:
                if inner == block[2]:
                    break
                value.append(inner)
            else:
                raise ExpressionError(f"the block of {block[1]!r} has no end")
            found[block[1]] = "\n".join(value)
        elif line:
            name, equals, value = line.partition("=")
            if not equals:
                raise ExpressionError(f"{line!r} is no assignment")
            found[name] = value
    return found
