"""The deploy workflows of the shop, built by the compiler, through good days and bad ones."""

from __future__ import annotations

import copy
import functools
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from ..scenario import Scenario, Wrong, expect, logs
from ..workflow import Run
from ..world import START

ROOT = Path(__file__).resolve().parents[4]
CORE = ".github/workflows/deploy-core.yml"
PROVIDER = dict.fromkeys(
    ("GCP_WORKLOAD_IDENTITY_PROVIDER", "GCP_BUILD_IDENTITY_PROVIDER"),
    "projects/1/locations/global/workloadIdentityPools/github/providers/github",
)
ENVIRONMENTS = {name: {"vars": {}, "secrets": {}} for name in ("preview", "staging", "production")}


WEEK = 7 * 24 * 3600
MONDAY = START + WEEK
SATURDAY = START + 5 * 24 * 3600
FIRST, SECOND = "a" * 40, "b" * 40
SAMPLE = {"match": "increase", "values": ["900"]}
CALM = {"match": "", "values": [None]}
ERRORS = {"match": 'count_over_time.*environment="production".*5\\.\\.', "values": ["12"]}
CHANGES = "^gcloud run .*(replace|update|execute)"
ONCE = threading.Lock()


@functools.cache
def _shop() -> tuple[tempfile.TemporaryDirectory, Path]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    folder = tempfile.TemporaryDirectory(prefix="deployc-shop-")
    tree = Path(folder.name) / "shop"
    shutil.copytree(ROOT / "examples" / "shop", tree)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([target / "debug" / "deployc", "-C", tree, "build", "--force"], check=True, **quiet)
    return folder, tree


def shop() -> Path:
    """The built example, once for all scenarios; it is gone when the process ends."""
    with ONCE:
        return _shop()[1]


def deploy(story: Scenario, workflow: str = CORE, **trigger) -> Run:
    return story.run(workflow, **{"variables": PROVIDER, "environments": ENVIRONMENTS, "sha": SECOND, **trigger})


@functools.cache
def _before() -> dict:
    with Scenario(shop(), prometheus=[SAMPLE, CALM]) as story:
        run = deploy(story, sha=FIRST)
        expect(run.conclusion, "success", f"conclusion of the first release\n{logs(run)}")
        story.change(now=SATURDAY)
        run = deploy(story)
        expect(results(run), {"build": "success", "deploy-staging": "success", "deploy-production": "failure", "reconcile": "failure"}, f"results inside of a freeze\n{logs(run)}")
        expect(run.results["deploy-production"].step("Refuse while releases are frozen").conclusion, "failure", "the gate")
        story.never("shop-production")
        return story.state


LOCK = threading.Lock()


def world(**given) -> Scenario:
    """The first release is everywhere; the second one is in staging, because production was frozen."""
    with LOCK:
        before = copy.deepcopy(_before())
    return Scenario(shop(), **{**before, "prometheus": [SAMPLE, CALM], "now": MONDAY, **given})


def results(run: Run) -> dict[str, str]:
    return {name: job.result for name, job in run.results.items()}


def shares(story: Scenario) -> list[int]:
    """What each image of the production api has, the first release before the second."""
    return list(story.serving("shop-production-api").values())


def digest(story: Scenario) -> str:
    """The digest that production serves with all of its traffic."""
    serving = story.serving("shop-production-api")
    expect(list(serving.values()), [100], "one version has all traffic")
    return next(iter(serving)).partition("@")[2]


def meant(run: Run) -> str:
    return run.results["build"].outputs["digest"]


def test_healthy() -> None:
    with world() as story:
        old = digest(story)
        run = deploy(story)
        expect(run.conclusion, "success", f"conclusion of\n{logs(run)}")
        expect(digest(story), meant(run), "what production serves")
        expect(run.results["deploy-production"].outputs["api"], meant(run), "what the job reports")
        if old == meant(run):
            raise Wrong("the second release is the first one")
        story.in_order(
            "^docker/build-push-action", "^actions/attest .*sbom", "^actions/attest ", "^cosign sign", "^environment staging", "^environment production",
            "^gh attestation verify oci://.*--signer-workflow acme/shop/.github/workflows/deploy-core.yml", "^cosign verify",
            "jobs execute shop-production-api-schema", "services replace", "update-traffic shop-production-api .*=5,", "^sleep", "^curl .*api/v1/query",
            "update-traffic shop-production-api .*=50,", "^sleep", "update-traffic shop-production-api .*=100 ", "worker-pools replace",
        )  # fmt: skip
        for line in story.lines("^gh attestation verify|^cosign"):
            if meant(run) not in line:
                raise Wrong(f"another digest than the one that was built: {line}")
        if meant(run) not in run.results["reconcile"].summary:
            raise Wrong(f"the summary does not name the digest: {run.results['reconcile'].summary}")


def test_condition_takes_it_back() -> None:
    with world(prometheus=[ERRORS, SAMPLE, CALM]) as story:
        old = digest(story)
        run = deploy(story)
        production = run.results["deploy-production"]
        expect(run.conclusion, "failure", f"conclusion of\n{logs(run)}")
        expect(production.step("api-watch").conclusion, "failure", "the watch at 5%")
        expect(production.step("api-rollback").conclusion, "success", "the rollback")
        expect(production.step("worker-start").conclusion, "skipped", "what comes after")
        expect(production.step("worker-rollback").conclusion, "skipped", "the rollback of what was not begun")
        expect(results(run)["reconcile"], "failure", "the reconciling job")
        expect(digest(story), old, "what production serves")
        story.in_order("update-traffic shop-production-api .*=5,", "^curl .*count_over_time", "update-traffic shop-production-api .*=100 ")
        story.never("shop-production-api .*=50,")


def test_lost_runner_is_resumed() -> None:
    with world(faults=[{"match": "update-traffic shop-production-api.*=50", "action": "lost", "nth": 1}]) as story:
        run = deploy(story)
        production = run.results["deploy-production"]
        expect(production.result, "failure", "the lost job")
        expect(any(step.name == "Report what runs" for step in production.steps), False, "a step after the loss")
        expect(results(run)["reconcile"], "failure", "the reconciling job")
        expect(sorted(shares(story)), [5, 95], "traffic left half-way")
        if "nobody knows what runs" not in run.results["reconcile"].steps[0].log:
            raise Wrong(run.results["reconcile"].steps[0].log)
        again = deploy(story, attempt=2)
        expect(again.conclusion, "success", f"conclusion of\n{logs(again)}")
        expect(digest(story), meant(again), "what production serves after the second attempt")
        story.never("shop-production-api .*=5,")


def test_cancelled_run_goes_back() -> None:
    with world(faults=[{"match": "^sleep 60", "action": "cancel", "nth": 1}]) as story:
        old = digest(story)
        run = deploy(story)
        expect(run.conclusion, "cancelled", "conclusion")
        expect(run.results["deploy-production"].step("api-rollback").conclusion, "success", f"rollback of\n{logs(run)}")
        expect(digest(story), old, "what production serves")


def test_platform_that_went_back_is_red() -> None:
    with world(faults=[{"match": "update-traffic shop-production-api.*=100.*next", "action": "ignore", "nth": 1}]) as story:
        run = deploy(story)
        production = run.results["deploy-production"]
        expect(run.conclusion, "failure", f"conclusion of\n{logs(run)}")
        expect(production.step("api-finish").conclusion, "failure", "the comparison")
        expect(production.step("worker-start").conclusion, "skipped", "what comes after")
        expect(results(run)["reconcile"], "failure", "the reconciling job")


def test_failed_migration_ships_nothing() -> None:
    with world(job_results={"shop-production-api-schema": ["failed"]}) as story:
        old = digest(story)
        run = deploy(story)
        expect(run.conclusion, "failure", "conclusion")
        expect(run.results["deploy-production"].step("api-rollback").conclusion, "skipped", "the rollback of what was not begun")
        expect(digest(story), old, "what production serves")
        story.never("services replace .*--project acme-shop ")


def test_image_without_proof_is_refused() -> None:
    for proof in ("^gh attestation verify", "^cosign verify"):
        with world(faults=[{"match": proof, "action": "fail"}]) as story:
            run = deploy(story)
            expect(results(run)["deploy-staging"], "failure", proof)
            expect(results(run)["deploy-production"], "skipped", "what it would be promoted to")
            story.never(CHANGES)


def test_failed_callee_stops_its_callers() -> None:
    def job(environment: str, conclusion: str | None) -> dict:
        return {"name": f"Deploy core to {environment}", "status": "completed" if conclusion else "in_progress", "conclusion": conclusion}

    def answers(*jobs: dict) -> list[dict]:
        return [
            {"match": "GET repos/acme/shop/actions/workflows/deploy-core.yml/runs", "value": {"workflow_runs": [{"id": 7}]}},
            {"match": "GET repos/acme/shop/actions/runs/7/jobs", "value": {"jobs": list(jobs)}},
        ]

    web = ".github/workflows/deploy-web.yml"
    with world(answers=answers(job("staging", "failure"))) as story:
        run = deploy(story, web)
        expect(results(run)["deploy-staging"], "failure", "a caller of a failed unit")
        story.never(CHANGES)
    with world(answers=answers(job("staging", None))) as story:
        run = deploy(story, web)
        expect(results(run)["deploy-staging"], "failure", "a caller of a unit that never ends")
        story.in_order("^sleep 60", "^sleep 60")
    with world(answers=answers(job("staging", "success"), job("production", "failure"))) as story:
        run = deploy(story, web)
        expect(results(run)["deploy-staging"], "success", f"staging of\n{logs(run)}")
        expect(results(run)["deploy-production"], "failure", "a caller of a failed unit")
        story.never("shop-production-web")


def test_other_branch_releases_nothing() -> None:
    with world() as story:
        run = deploy(story, ref="refs/heads/topic")
        expect(results(run)["deploy-staging"], "skipped", "staging")
        expect(results(run)["deploy-production"], "skipped", "production")
