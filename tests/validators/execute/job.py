"""Runs one job on a fresh runner: its steps, their conditions, outputs, environment and time limits."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .actions import ACTIONS, ActionFailed, Use
from .expressions import ExpressionError, Scope, as_text, truthy

if TYPE_CHECKING:
    from .workflow import Run

REAL_SECONDS = 300
"""No step needs longer, even on a busy machine, as time passes only in the world; a step that does loops for ever."""

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
