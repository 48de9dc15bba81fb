"""The deploy workflow of a Compose project on a server that SSH reaches: the generated workflow, scripts and `server.sh`, all for real."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from ..scenario import Scenario, Wrong, expect, logs
from ..workflow import Run

ROOT = Path(__file__).resolve().parents[4]
API = ".github/workflows/deploy-api.yml"
FIRST, SECOND = "a" * 40, "b" * 40
MACHINE = "shop.example"
FOLDER = "shop-production"
SECRETS = {"SSH_KEY": "-----BEGIN KEY-----", "STRIPE_KEY": "sk_it's $HOME"}
ENVIRONMENTS = {"production": {"vars": {"SSH_KNOWN_HOSTS": f"{MACHINE} ssh-ed25519 AAAA"}, "secrets": SECRETS}}
ONCE = threading.Lock()


@functools.cache
def _built() -> tuple[tempfile.TemporaryDirectory, Path]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    folder = tempfile.TemporaryDirectory(prefix="deployc-server-")
    tree = Path(folder.name) / "shop"
    for name, text in {"apps/api/package.json": "{}", "apps/api/package-lock.json": "{}", "ops/api.conf": "x"}.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "compose" / "shop.kdl", tree / "deploy.kdl")
    done = subprocess.run([target / "debug" / "deployc", "-C", tree, "build", "--quiet"], capture_output=True, text=True, check=False)
    if not (tree / API).exists():
        raise Wrong(f"the project was not built: {done.stderr}")
    return folder, tree


def world(**given) -> Scenario:
    with ONCE:
        return Scenario(_built()[1], **given)


def deploy(story: Scenario, workflow: str = API, **trigger) -> Run:
    return story.run(workflow, **{"environments": ENVIRONMENTS, "sha": SECOND, **trigger})


def first(story: Scenario) -> str:
    """The first release; its digest."""
    run = deploy(story, sha=FIRST)
    expect(run.conclusion, "success", f"conclusion of the first release\n{logs(run)}")
    return run.results["build"].outputs["digest"]


def containers(story: Scenario, service: str) -> list[str]:
    """The digests of what runs of a service."""
    return [one["image"].rpartition("@")[2] for one in story.state["machines"][MACHINE]["containers"] if one["service"] == service]


def lying(story: Scenario, name: str) -> str:
    return (story.world.folder / "machines" / MACHINE / FOLDER / name).read_text(encoding="utf-8")


def outcome(run: Run) -> dict[str, str]:
    return {name: job.result for name, job in run.results.items()}


def test_healthy() -> None:
    with world() as story:
        old = first(story)
        run = deploy(story)
        new = run.results["build"].outputs["digest"]
        expect(run.conclusion, "success", f"conclusion of\n{logs(run)}")
        expect(outcome(run), {"build": "success", "deploy-production": "success", "reconcile": "success"}, "results")
        if old == new:
            raise Wrong("the second release is the first one")
        expect(containers(story, "api"), [new], "what runs")
        expect(run.results["deploy-production"].outputs["api"], new, "what the job reports")
        story.in_order(
            "^gh attestation verify", "^cosign verify", "^docker compose .*run .*api-schema", "^docker compose pull .*api", "^docker compose up .*--wait .* api$",
            "^curl .*http://shop.example:8000/healthz", "^crontab -$",
        )  # fmt: skip
        expect(lying(story, "history/api").split("@")[-1].strip(), new, "the newest line of the history")
        expect(lying(story, "variables/SECRET_STRIPE"), SECRETS["STRIPE_KEY"], "a secret that came by SSH")
        if "server.sh run report forbid 1800 2" not in story.state["machines"][MACHINE]["crontab"]:
            raise Wrong(story.state["machines"][MACHINE]["crontab"])
        runs = [one for one in story.state["machines"][MACHINE]["runs"] if one["service"] == "api-schema"]
        expect([one["image"].rpartition("@")[2] for one in runs], [old, new], "the images that migrated")


def test_unhealthy_version_goes_back() -> None:
    with world() as story:
        old = first(story)
        story.change(unhealthy=[f"^api (?!.*{old})"])
        run = deploy(story)
        production = run.results["deploy-production"]
        expect(run.conclusion, "failure", f"conclusion of\n{logs(run)}")
        expect(production.step("api-start").conclusion, "failure", "the start")
        expect(production.step("api-rollback").conclusion, "success", f"the rollback\n{logs(run)}")
        expect(production.step("report-start").conclusion, "skipped", "what comes after")
        expect(containers(story, "api"), [old], "what runs")
        expect(production.outputs["api"], old, "what the job reports")
        expect(outcome(run)["reconcile"], "failure", "the reconciling job")


def test_failed_check_goes_back() -> None:
    with world() as story:
        old = first(story)
        story.change(http=[{"match": "shop.example:8000/healthz", "statuses": [500] * 5 + [200]}])
        run = deploy(story)
        production = run.results["deploy-production"]
        expect(run.conclusion, "failure", f"conclusion of\n{logs(run)}")
        expect(production.step("api-verify").conclusion, "failure", "the check")
        expect(production.step("api-rollback").conclusion, "success", f"the rollback\n{logs(run)}")
        expect(containers(story, "api"), [old], "what runs")


def test_failed_migration_ships_nothing() -> None:
    with world() as story:
        old = first(story)
        story.change(job_results={"api-schema": ["failed"]})
        run = deploy(story)
        expect(run.conclusion, "failure", f"conclusion of\n{logs(run)}")
        expect(run.results["deploy-production"].step("api-rollback").conclusion, "skipped", "the rollback of what was not begun")
        expect(containers(story, "api"), [old], "what runs")
        story.never("^docker compose up .* api$")


def test_lost_runner_is_resumed() -> None:
    with world() as story:
        old = first(story)
        story.change(faults=[{"match": "^docker compose up .* api$", "action": "lost", "nth": 1}])
        run = deploy(story)
        expect(run.results["deploy-production"].result, "failure", "the lost job")
        expect(outcome(run)["reconcile"], "failure", "the reconciling job")
        expect(containers(story, "api"), [old], "what runs half-way")
        again = deploy(story, attempt=2)
        new = again.results["build"].outputs["digest"]
        expect(again.conclusion, "success", f"conclusion of\n{logs(again)}")
        expect(containers(story, "api"), [new], "what runs after the second attempt")
        expect([line.rpartition("@")[2] for line in lying(story, "history/api").split()], [old, new], "the history, each version once")


def test_cancelled_run_goes_back() -> None:
    with world(http=[{"match": "/healthz", "statuses": [200]}]) as story:
        old = first(story)
        story.change(http=[{"match": "/healthz", "statuses": [500, 200]}], faults=[{"match": "^sleep", "action": "cancel", "nth": 1}])
        run = deploy(story)
        expect(run.conclusion, "cancelled", "conclusion")
        expect(run.results["deploy-production"].step("api-rollback").conclusion, "success", f"rollback of\n{logs(run)}")
        expect(containers(story, "api"), [old], "what runs")


def test_machine_that_kept_the_old_version_is_red() -> None:
    with world() as story:
        old = first(story)
        story.change(faults=[{"match": "^docker compose up .* api$", "action": "ignore", "nth": 1}])
        run = deploy(story)
        expect(run.conclusion, "failure", f"conclusion of\n{logs(run)}")
        expect(outcome(run)["reconcile"], "failure", "the reconciling job")
        expect(containers(story, "api"), [old], "what runs")


def test_unknown_machine_is_not_trusted() -> None:
    other = {"production": {"vars": {"SSH_KNOWN_HOSTS": "other.example ssh-ed25519 AAAA"}, "secrets": SECRETS}}
    with world() as story:
        run = deploy(story, environments=other)
        expect(run.conclusion, "failure", "conclusion")
        expect(outcome(run)["reconcile"], "failure", "the reconciling job")
        story.never("^docker compose")


def test_rollback_by_hand() -> None:
    with world() as story:
        old = first(story)
        deploy(story)
        run = deploy(story, ".github/workflows/rollback.yml", event="workflow_dispatch", inputs={"environment": "production", "service": "api"})
        expect(run.conclusion, "success", f"conclusion of\n{logs(run)}")
        expect(containers(story, "api"), [old], "what runs")
        if len(lying(story, "history/api").split()) != 1:
            raise Wrong(f"later versions are not forgotten: {lying(story, 'history/api')}")
