"""gcloud: its flags, of which an unknown one is an error, and its commands."""

from __future__ import annotations

import sys
from typing import Any

from ..world import World
from . import cloudrun, google, workerpools
from .answers import shown
from .commandline import Line, parsed, refuse

VALUED = {
    "--project", "--region", "--format", "--filter", "--limit", "--sort-by", "--image", "--tag", "--revision-suffix",
    "--to-revisions", "--to-tags", "--set-tags", "--update-tags", "--remove-tags", "--service", "--job", "--args", "--update-env-vars",
    "--set-env-vars", "--set-secrets", "--update-secrets", "--service-account", "--labels", "--update-labels", "--tasks", "--task-timeout",
    "--max-retries", "--command", "--impersonate-service-account", "--account", "--verbosity", "--audiences", "--secret", "--data-file",
    "--location", "--schedule", "--uri", "--http-method", "--oauth-service-account-email", "--oidc-service-account-email", "--time-zone",
    "--max-retry-attempts", "--attempt-deadline", "--description", "--member", "--role", "--condition", "--update-annotations", "--timeout",
    "--cpu", "--memory", "--port", "--min-instances", "--max-instances", "--concurrency", "--ingress", "--parallelism", "--flatten", "--worker-pool",
}  # fmt: skip
SWITCHES = {
    "--quiet", "-q", "--no-traffic", "--wait", "--async", "--no-async", "--to-latest", "--clear-tags", "--no-user-output-enabled",
    "--allow-unauthenticated", "--no-allow-unauthenticated", "--no-cpu-throttling", "--cpu-throttling", "--execute-now", "--uri-only",
    "--dry-run", "--delete-tags",
}  # fmt: skip


def run(world: World, arguments: list[str]) -> int:
    line = parsed("gcloud", arguments, VALUED, SWITCHES)
    words = [word for word in line.words if word not in ("alpha", "beta")]
    for size in (4, 3, 2):
        handler = COMMANDS.get(" ".join(words[:size]))
        if handler:
            with world.open() as state:
                return handler(state, line, words[size:]) or 0
    refuse(f"gcloud: the stub does not know: {' '.join(words)}", 97)
    return 97


def image_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    reference = cloudrun.named(line, rest)
    repository, _, digest = reference.partition("@")
    if not digest:
        digest = state["images"].get(reference, "")
    if not digest:
        print(f"ERROR: Image not found: {reference}", file=sys.stderr)
        return 1
    summary = {"digest": digest, "fully_qualified_digest": f"{repository.rpartition(':')[0] or repository}@{digest}"}
    shown({"image_summary": summary}, line)
    return 0


def said(text: str):
    def answer(state: dict[str, Any], line: Line, rest: list[str]) -> int:
        if text:
            print(text)
        return 0

    return answer


def secrets_add(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    state["secrets"].setdefault(cloudrun.named(line, rest, "--secret"), []).append("version")
    return 0


def secrets_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    if cloudrun.named(line, rest) not in state["secrets"]:
        print(f"ERROR: NOT_FOUND: Secret [{rest[0]}] not found.", file=sys.stderr)
        return 1
    shown({"name": rest[0]}, line)
    return 0


COMMANDS = {
    "run services replace": cloudrun.services_replace,
    "run services update": cloudrun.services_update,
    "run services update-traffic": cloudrun.update_traffic,
    "run services describe": cloudrun.services_describe,
    "run deploy": cloudrun.deploy,
    "run revisions list": cloudrun.revisions_list,
    "run revisions describe": cloudrun.revisions_describe,
    "run jobs replace": cloudrun.jobs_replace,
    "run jobs update": cloudrun.jobs_update,
    "run jobs deploy": cloudrun.jobs_deploy,
    "run jobs execute": cloudrun.jobs_execute,
    "run jobs describe": cloudrun.jobs_describe,
    "run jobs executions list": cloudrun.executions_list,
    "run jobs executions describe": cloudrun.executions_describe,
    "run worker-pools replace": workerpools.replace,
    "run worker-pools update": workerpools.update,
    "run worker-pools update-instance-split": workerpools.split,
    "run worker-pools describe": workerpools.describe,
    "run worker-pools revisions list": workerpools.revisions,
    "run services delete": google.remove("services"),
    "run jobs delete": google.remove("jobs"),
    "run worker-pools delete": google.remove("worker_pools"),
    "projects describe": google.projects_describe,
    "secrets versions access": google.secrets_access,
    "scheduler jobs describe": google.schedules("describe"),
    "scheduler jobs create http": google.schedules("create"),
    "scheduler jobs update http": google.schedules("update"),
    "scheduler jobs delete": google.schedules("delete"),
    "artifacts docker images describe": image_describe,
    "auth print-access-token": said("ya29.stub"),
    "auth print-identity-token": said("identity.stub"),
    "auth configure-docker": said(""),
    "config set": said(""),
    "secrets versions add": secrets_add,
    "secrets describe": secrets_describe,
}
