"""One service per strategy of Cloud Run, released by its own workflow, through good days and bad ones."""

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

ROOT = Path(__file__).resolve().parents[4]
PROVIDER = dict.fromkeys(
    ("GCP_WORKLOAD_IDENTITY_PROVIDER", "GCP_BUILD_IDENTITY_PROVIDER"),
    "projects/1/locations/global/workloadIdentityPools/github/providers/github",
)
ENVIRONMENTS = {"production": {"vars": {}, "secrets": {}}}
FIRST, SECOND = "a" * 40, "b" * 40
SAMPLE = {"match": "increase", "values": ["900"]}
CALM = {"match": "", "values": [None]}
ERRORS = {"match": "count_over_time.*5\\.\\.", "values": ["12"]}
# The shares of traffic before the whole, as the strategies of the project say; none where it moves at once.
SHARES = {"roll": [], "swap": [], "bird": [1, 10, 50], "even": [25, 50, 75], "flag": []}
# Those that start a version without traffic.
BESIDE = ("swap", "bird", "even")
ONCE = threading.Lock()


@functools.cache
def _project() -> tuple[tempfile.TemporaryDirectory, Path]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    folder = tempfile.TemporaryDirectory(prefix="deployc-strategies-")
    tree = Path(folder.name) / "strategies"
    shutil.copytree(ROOT / "tests" / "projects" / "strategies", tree)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([target / "debug" / "deployc", "-C", tree, "build"], check=True, **quiet)
    return folder, tree


def project() -> Path:
    """The built project, once for all scenarios; it is gone when the process ends."""
    with ONCE:
        return _project()[1]


def deploy(story: Scenario, service: str, **trigger) -> Run:
    workflow = f".github/workflows/deploy-{service}.yml"
    given = {"variables": PROVIDER, "environments": ENVIRONMENTS, "sha": SECOND, "repository": "acme/ways", **trigger}
    return story.run(workflow, **given)


@functools.cache
def _before(service: str) -> dict:
    with Scenario(project(), prometheus=[SAMPLE, CALM]) as story:
        run = deploy(story, service, sha=FIRST)
        expect(run.conclusion, "success", f"conclusion of the first release\n{logs(run)}")
        return story.state


LOCK = threading.Lock()


def world(service: str, **given) -> Scenario:
    """The first release serves; the second one is to come."""
    with LOCK:
        before = copy.deepcopy(_before(service))
    return Scenario(project(), **{**before, "prometheus": [SAMPLE, CALM], **given})


def digest(story: Scenario, service: str) -> str:
    serving = story.serving(f"ways-production-{service}")
    expect(list(serving.values()), [100], "one version has all traffic")
    return next(iter(serving)).partition("@")[2]


def meant(run: Run) -> str:
    return run.results["build"].outputs["digest"]


def job(run: Run):
    return run.results["deploy-production"]


def test_healthy() -> None:
    for service, shares in SHARES.items():
        with world(service) as story:
            old = digest(story, service)
            run = deploy(story, service)
            expect(run.conclusion, "success", f"{service}: conclusion of\n{logs(run)}")
            expect(digest(story, service), meant(run), f"{service}: what production serves")
            expect(job(run).outputs[service], meant(run), f"{service}: what the job reports")
            if old == meant(run):
                raise Wrong(f"{service}: the second release is the first one")
            moves = [f"update-traffic ways-production-{service} .*={share}," for share in shares]
            moves += [f"update-traffic ways-production-{service} .*=100"] if service in BESIDE else []
            story.in_order("services replace", *moves, *([] if shares else ["^sleep"]))
            if service not in BESIDE:
                story.never("update-traffic")


def test_condition_takes_it_back() -> None:
    for service, shares in SHARES.items():
        with world(service, prometheus=[ERRORS, SAMPLE, CALM]) as story:
            old = digest(story, service)
            run = deploy(story, service)
            expect(run.conclusion, "failure", f"{service}: conclusion of\n{logs(run)}")
            expect(job(run).step(f"{service}-watch").conclusion, "failure", f"{service}: the watch")
            expect(job(run).step(f"{service}-rollback").conclusion, "success", f"{service}: the rollback")
            expect(digest(story, service), old, f"{service}: what production serves")
            for share in shares[1:]:
                story.never(f"ways-production-{service} .*={share},")


def test_lost_runner_is_resumed() -> None:
    for service in SHARES:
        with world(service, faults=[{"match": "^sleep", "action": "lost", "nth": 1}]) as story:
            run = deploy(story, service)
            expect(job(run).result, "failure", f"{service}: the lost job")
            expect(run.results["reconcile"].result, "failure", f"{service}: the reconciling job")
            again = deploy(story, service, attempt=2)
            expect(again.conclusion, "success", f"{service}: conclusion of\n{logs(again)}")
            expect(digest(story, service), meant(again), f"{service}: what production serves at last")


def test_cancelled_run_goes_back() -> None:
    for service in SHARES:
        with world(service, faults=[{"match": "^sleep", "action": "cancel", "nth": 1}]) as story:
            old = digest(story, service)
            run = deploy(story, service)
            expect(run.conclusion, "cancelled", f"{service}: conclusion")
            expect(job(run).step(f"{service}-rollback").conclusion, "success", f"{service}: rollback of\n{logs(run)}")
            expect(digest(story, service), old, f"{service}: what production serves")


def test_platform_that_went_back_is_red() -> None:
    for service in SHARES:
        refused = f"update-traffic ways-production-{service}.*=100.*" if service in BESIDE else "services replace"
        with world(service, faults=[{"match": refused, "action": "ignore", "nth": 1}]) as story:
            run = deploy(story, service)
            expect(run.conclusion, "failure", f"{service}: conclusion of\n{logs(run)}")
            expect(job(run).result, "failure", f"{service}: the job")
            expect(run.results["reconcile"].result, "failure", f"{service}: the reconciling job")
