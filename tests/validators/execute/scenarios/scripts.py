"""The scripts in `ops/`, typed by hand: every way a rollout can go, on a Cloud Run that remembers."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..scenario import Scenario, Wrong, expect, logs
from ..workflow import Run

ROOT = Path(__file__).resolve().parents[4]
PLACE = "europe-west1-docker.pkg.dev/acme-shop/shop"


BY_HAND = """name: by hand
on: push
jobs:
  hand:
    runs-on: x
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093 # v3.0.0
        with:
          workload_identity_provider: projects/1/locations/global/workloadIdentityPools/github/providers/github
      - shell: bash
        run: |
"""


def image(service: str, mark: str) -> str:
    return f"{PLACE}/{service}@sha256:{mark * 64}"


OLD, NEW, NEXT = (image("api", mark) for mark in "abc")
API = "shop-production-api"
WELL = [{"match": "increase", "values": ["900"]}, {"match": "count_over_time", "values": [None]}]


@functools.cache
def built() -> Path:
    """The small shop, built once by the program that cargo has built."""
    folder = Path(tempfile.mkdtemp(prefix="deployc-shop-"))
    tree = folder / "shop"
    shutil.copytree(Path(__file__).resolve().parent.parent / "fixtures" / "scripts", tree)
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "deployc"
    done = subprocess.run([program, "-C", tree, "build", "--quiet"], capture_output=True, text=True, check=False)
    if not (tree / "ops" / "deploy.sh").exists():
        raise Wrong(f"the shop was not built: {done.stderr}")
    return tree


class Hand(Scenario):
    """Somebody who types commands."""

    def __init__(self, **world) -> None:
        super().__init__(built(), **{"prometheus": WELL, **world})
        tree = self.scratch / "tree"
        shutil.copytree(self.tree, tree)
        self.tree = tree

    def types(self, command: str) -> Run:
        workflow = self.tree / ".github" / "workflows" / "by-hand.yml"
        workflow.parent.mkdir(parents=True, exist_ok=True)
        indented = "\n".join(f"          {line}" for line in command.splitlines())
        workflow.write_text(f"{BY_HAND}{indented}\n", encoding="utf-8")
        return self.run(".github/workflows/by-hand.yml")

    def deploys(self, what: str, service: str = "api", environment: str = "production") -> Run:
        return self.types(f"ops/deploy.sh {environment} {service} {what}")


def green(run: Run) -> str:
    if run.conclusion != "success":
        raise Wrong(f"must be green\n{logs(run)}")
    return logs(run)


def red(run: Run) -> str:
    if run.conclusion == "success":
        raise Wrong(f"must be red\n{logs(run)}")
    return logs(run)


def released(*images: str, **world) -> Hand:
    """A production where these images were released, one after another."""
    story = Hand(**world)
    for one in images:
        green(story.types(f"ops/deploy.sh production api {one} start\nops/deploy.sh production api {one} promote"))
    return story


def says(text: str, wanted: str) -> None:
    if wanted not in text:
        raise Wrong(f"nothing says {wanted!r} in\n{text}")


def test_first_release_and_a_canary() -> None:
    with Hand() as story:
        green(story.deploys(OLD))
        expect(story.serving(API), {OLD: 100}, "traffic after the first release")
        green(story.deploys(NEW))
        expect(story.serving(API), {NEW: 100}, "traffic after the canary")
        story.in_order("jobs replace", f"jobs execute {API}-schema .*--wait", "services replace", "curl .*next---.*/healthz", "^node smoke.js", "to-revisions .*=5,.*=95",
                       "count_over_time", "to-revisions .*=50,.*=50", "count_over_time", "to-revisions [^ ,]*=100 --remove-tags next", "curl .*https://shop-production-api.run.example/healthz")  # fmt: skip
        expect(story.state["jobs"][f"{API}-schema"]["image"], NEW, "the image of the migration")
        story.never("to-latest")
        service = story.state["services"][API]
        expect([one for one in service["traffic"] if one.get("tag")], [], "tags that are left")
        revision = service["revisions"][-1]["template"]["metadata"]
        expect(revision["annotations"]["previous"], service["revisions"][0]["name"], "what the version remembers")
        expect(revision["labels"]["service"], "api", "a label")
        values = {one["name"]: one.get("value") for one in service["revisions"][-1]["template"]["spec"]["containers"][0]["env"]}
        expect(values["HOSTILE"], "a: \"b\" ${IMAGE} # 'c'", "a text of the user's")
        expect(len(values["VERSION"]), 40, "the commit")
        rest = {key: value for key, value in values.items() if key != "HOSTILE"}
        if "${" in str(rest) + str(revision) + str(service["traffic"]):
            raise Wrong(f"something was not filled in: {rest} {revision}")


def test_a_condition_takes_the_version_back() -> None:
    # The third time that somebody asks, it holds.
    errors = [{"match": "increase", "values": ["900"]}, {"match": "5\\.\\.", "values": [None, None, "12"]}, {"match": "count_over_time", "values": [None]}]
    with released(OLD) as story:
        story.change(prometheus=errors)
        log = red(story.deploys(NEW))
        says(log, "must go: error_rate > 2% for 1m")
        says(log, "The schema of orders stays")
        expect(story.serving(API), {OLD: 100}, "traffic")
        story.in_order("=5,.*=95", "count_over_time", f"to-revisions {story.state['services'][API]['revisions'][0]['name']}=100 --remove-tags next")
        story.never("=50,")


def test_too_few_requests_judge_nothing() -> None:
    few = [{"match": "increase", "values": [None]}, {"match": "count_over_time", "values": ["12"]}]
    with released(OLD) as story:
        story.change(prometheus=few)
        log = green(story.deploys(NEW))
        says(log, "warning: not judged")
        expect(story.serving(API), {NEW: 100}, "traffic")


def test_silent_measurements_take_the_version_back() -> None:
    with released(OLD) as story:
        story.change(prometheus=[{"match": ".", "values": ["!503"]}])
        says(red(story.deploys(NEW)), "measurements do not answer")
        expect(story.serving(API), {OLD: 100}, "traffic")


def test_an_unhealthy_version_never_gets_traffic() -> None:
    with released(OLD) as story:
        story.change(unhealthy=["sha256:b"])
        red(story.deploys(NEW))
        expect(story.serving(API), {OLD: 100}, "traffic")
        story.never("=5,")
        # Mended, the same digest is tried again under a name of its own.
        story.change(unhealthy=[])
        green(story.deploys(NEW))
        expect(story.serving(API), {NEW: 100}, "traffic of the second try")


def test_a_failed_migration_ships_nothing() -> None:
    with released(OLD) as story:
        story.change(job_results={f"{API}-schema": ["failed"]})
        red(story.deploys(NEW))
        story.never("services replace")
        expect(story.serving(API), {OLD: 100}, "traffic")


def test_a_failed_check_takes_the_version_back() -> None:
    with released(OLD) as story:
        story.change(http=[{"match": "next---", "statuses": [503]}])
        says(red(story.deploys(NEW)), "answers 503, not 2xx")
        expect(story.serving(API), {OLD: 100}, "traffic")
        story.never("=5,")
        story.change(http=[], answers=[{"match": "^node smoke", "exit": 1}])
        says(red(story.deploys(NEXT)), "`node smoke.js` failed")
        expect(story.serving(API), {OLD: 100}, "traffic")


def test_a_lost_machine_is_resumed() -> None:
    with released(OLD) as story:
        story.change(faults=[{"match": "update-traffic.*=50,", "action": "lost", "nth": 1}])
        red(story.deploys(NEW))
        half = story.serving(API)
        expect(half, {OLD: 95, NEW: 5}, "traffic left half-way")
        log = green(story.deploys(NEW))
        says(log, "is up already")
        expect(story.serving(API), {NEW: 100}, "traffic")
        story.never("services replace")
        expect(len(story.state["services"][API]["revisions"]), 2, "versions")


def test_resuming_never_takes_traffic_away() -> None:
    with released(OLD) as story:
        story.change(faults=[{"match": "update-traffic.*=100 --remove-tags", "action": "lost", "nth": 1}])
        red(story.deploys(NEW))
        expect(story.serving(API), {OLD: 50, NEW: 50}, "traffic left half-way")
        says(green(story.deploys(NEW)), "is past 5% already")
        story.never("=5,")
        expect(story.serving(API), {NEW: 100}, "traffic")


def test_red_when_the_platform_rolled_back() -> None:
    with released(OLD, NEW) as story:
        first = story.state["services"][API]["revisions"][0]["name"]
        with story.world.open() as state:
            state["services"][API]["traffic"] = [{"revisionName": first, "percent": 100}]
        says(red(story.types(f"ops/deploy.sh production api {NEW} finish")), "and sha256:b")
        expect(story.types("ops/verify.sh --digest production api").results["hand"].steps[-1].log.strip(), OLD.split("@")[1], "the digest")


def test_rollback_by_hand() -> None:
    with released(OLD, NEW) as story:
        log = green(story.types("ops/rollback.sh production api"))
        says(log, "60 seconds at most")
        expect(story.serving(API), {OLD: 100}, "traffic")
        story.in_order("update-traffic", "curl .*healthz")
        # The same way there again, by digest.
        green(story.types(f"ops/rollback.sh production api {NEW}"))
        expect(story.serving(API), {NEW: 100}, "traffic")
        says(red(story.types(f"ops/rollback.sh production api {NEXT}")), "the platform has no version")
    with released(OLD) as story:
        says(red(story.types("ops/rollback.sh production api")), "no earlier version")


def test_rollback_of_a_rollout_on_its_way() -> None:
    with released(OLD) as story:
        for step in ("start", "shift 5"):
            green(story.types(f"ops/deploy.sh production api {NEW} {step}"))
        green(story.types("ops/rollback.sh production api"))
        expect(story.serving(API), {OLD: 100}, "traffic")
        expect([one for one in story.state["services"][API]["traffic"] if one.get("tag")], [], "tags that are left")


def test_steps_one_by_one_and_twice() -> None:
    steps = ["migrate", "start", "verify", "shift 5", "watch 120 5", "shift 50", "watch 60 50", "promote", "verify", "finish"]
    with released(OLD) as story:
        for step in steps:
            for _ in range(2):
                green(story.types(f"ops/deploy.sh production api {NEW} {step}"))
        expect(story.serving(API), {NEW: 100}, "traffic")
        expect(len(story.state["services"][API]["revisions"]), 2, "versions")


def test_the_same_image_after_another_one_is_a_new_version() -> None:
    with released(OLD, NEW, OLD) as story:
        expect(story.serving(API), {OLD: 100}, "traffic")
        expect(len(story.state["services"][API]["revisions"]), 3, "versions")
        green(story.types("ops/rollback.sh production api"))
        expect(story.serving(API), {NEW: 100}, "what served before it")


def test_dry_run_changes_nothing() -> None:
    with released(OLD) as story:
        before = {**story.state, "now": 0}
        log = green(story.types(f"ops/deploy.sh --dry-run production api {NEW} start && ops/rollback.sh --dry-run production api {OLD}"))
        says(log, "gcloud run services replace")
        expect({**story.state, "now": 0}, before, "the world")


def test_worker_cron_and_task() -> None:
    with Hand() as story:
        for mark in "ab":
            green(story.deploys(image("api", mark), "worker"))
        pool = story.state["worker_pools"]["shop-production-worker"]
        expect([one["image"] for one in pool["revisions"]], [OLD, NEW], "versions of the worker")
        green(story.types("ops/rollback.sh production worker"))
        expect(story.types("ops/verify.sh --digest production worker").results["hand"].steps[-1].log.strip(), OLD.split("@")[1], "the digest")
        for mark in "ab":
            green(story.deploys(image("api", mark), "report"))
        expect(story.state["schedules"]["shop-production-report"]["schedule"], "0 3 * * *", "the schedule")
        green(story.types("ops/rollback.sh production report"))
        expect(story.state["jobs"]["shop-production-report"]["image"], OLD, "the job")
        green(story.deploys(OLD, "seed"))
        expect(story.state["jobs"]["shop-production-seed"]["executions"], [], "runs that nobody asked for")


def test_previews_come_and_go() -> None:
    with Hand() as story:
        says(red(story.deploys(OLD, "api", "preview")), "PULL_REQUEST must be")
        green(story.types(f"export PULL_REQUEST=12\nops/deploy.sh preview api {OLD}"))
        expect(story.serving("shop-preview-12-api"), {OLD: 100}, "traffic")
        green(story.types("export PULL_REQUEST=12\nops/deploy.sh --remove preview api"))
        expect((story.state["services"], story.state["jobs"]), ({}, {}), "services and jobs")
        says(red(story.types("ops/deploy.sh --remove production api")), "is no preview")


def test_a_lost_connection_is_no_first_release() -> None:
    with released(OLD) as story:
        story.change(faults=[{"match": "services describe", "action": "fail", "stderr": "ERROR: connection reset"}])
        red(story.types(f"ops/deploy.sh production api {NEW} start"))
        story.never("services replace")


def test_a_rolling_release_inside_of_the_network() -> None:
    with Hand() as story:
        says(green(story.deploys(image("inside", "a"), "inside")), "cannot be reached from here")
        green(story.deploys(image("inside", "b"), "inside"))
        expect(story.serving("shop-production-inside"), {image("inside", "b"): 100}, "traffic")
        story.change(unhealthy=["sha256:c"])
        red(story.deploys(image("inside", "c"), "inside"))
        expect(story.serving("shop-production-inside"), {image("inside", "b"): 100}, "traffic after a version that does not start")


def test_wrong_usage() -> None:
    with Hand() as story:
        for command in ("ops/deploy.sh production api", "ops/rollback.sh production", "ops/verify.sh", "ops/deploy.sh --wrong a b c"):
            says(red(story.types(f"{command} || {{ echo \"ended with $?\"; exit 1; }}")), "ended with 2")
        says(red(story.types("ops/deploy.sh production api shop:latest")), "is no image with a digest")
        says(red(story.deploys(OLD, "nothing")), "These can be released")
        says(green(story.types("ops/deploy.sh --help")), "promote")
