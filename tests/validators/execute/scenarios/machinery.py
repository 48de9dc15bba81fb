"""Proves the runner itself on hand-written workflows, before any generated one is trusted to it."""

from __future__ import annotations

from pathlib import Path

from ..expressions import ExpressionError
from ..job import assignments
from ..scenario import Scenario, Wrong, expect, logs
from ..stubs.containers import digest_of
from ..workflow import Run, combinations

TREE = Path(__file__).resolve().parent.parent / "fixtures" / "tree"
DEPLOY = ".github/workflows/deploy.yml"
MATRIX = ".github/workflows/matrix.yml"
ENVIRONMENTS = {"production": {"vars": {"PROJECT": "shop-1"}, "secrets": {}}}
REPOSITORY = "europe-docker.pkg.dev/example/shop/web"
OLD = f"{REPOSITORY}@{digest_of('old')}"


def world(**given):
    template = {"spec": {"containers": [{"image": OLD}]}}
    revision = {"name": "web-00001-abc", "template": template, "image": OLD, "ready": True, "created": 1}
    service = {"name": "web", "revisions": [revision], "traffic": [{"revisionName": "web-00001-abc", "percent": 100}], "generation": 1}
    job = {"name": "migrate", "image": OLD, "executions": []}
    return Scenario(
        TREE,
        **{"services": {"web": service}, "jobs": {"migrate": job}, "prometheus": [{"match": "errors", "values": ["0.001"]}], **given},
    )


def deploy(story: Scenario, **trigger) -> Run:
    return story.run(DEPLOY, environments=ENVIRONMENTS, **trigger)


def intended(run: Run) -> str:
    return f"{REPOSITORY}@{run.results['build'].outputs['digest']}"


def results(run: Run) -> dict[str, str]:
    return {name: job.result for name, job in run.results.items()}


def test_healthy() -> None:
    with world() as story:
        run = deploy(story)
        expect(run.conclusion, "success", f"conclusion of\n{logs(run)}")
        expect(story.serving("web"), {intended(run): 100}, "traffic")
        expect(results(run)["skipped"], "skipped", "a job whose condition is false")
        expect(results(run)["after-skipped"], "skipped", "a job after a skipped one")
        expect(run.results["reconcile"].summary, f"## {intended(run)}\n", "summary")
        story.in_order("^actions/attest ", "^environment production", "gh attestation verify", "jobs execute migrate", "--no-traffic",
                       "web-00002-abc=10 ", "sleep 10m", "web-00002-abc=50 ", "sleep 10m", "web-00002-abc=100 ", "revisions describe")  # fmt: skip


def test_first_deployment() -> None:
    with world(services={}) as story:
        run = deploy(story)
        expect(run.conclusion, "success", f"conclusion of\n{logs(run)}")
        expect(story.serving("web"), {intended(run): 100}, "traffic")
        story.in_order("services replace")


def test_bad_measurement_rolls_back() -> None:
    with world(prometheus=[{"match": "errors", "values": ["0.001", "0.3"]}]) as story:
        run = deploy(story)
        expect(run.conclusion, "failure", "conclusion")
        expect(run.results["deploy-production"].step("roll back").conclusion, "success", "rollback")
        expect(story.serving("web"), {OLD: 100}, "traffic")
        expect(results(run)["reconcile"], "failure", "the reconciling job")
        story.in_order("web-00002-abc=50 ", "web-00001-abc=100 ")
        story.never("web-00002-abc=100 ")


def test_unhealthy_image_never_serves() -> None:
    with world(unhealthy=["shop/web@(?!" + digest_of("old") + ")"]) as story:
        run = deploy(story)
        expect(run.conclusion, "failure", "conclusion")
        expect(run.results["deploy-production"].step("canary").conclusion, "skipped", "canary")
        expect(story.serving("web"), {OLD: 100}, "traffic")


def test_failed_migration_ships_nothing() -> None:
    with world(job_results={"migrate": ["failed"]}) as story:
        run = deploy(story)
        expect(run.conclusion, "failure", "conclusion")
        story.never("--no-traffic")


def test_lost_runner_runs_nothing_more_and_is_resumed() -> None:
    with world(faults=[{"match": "update-traffic.*=50", "action": "lost", "nth": 1}]) as story:
        run = deploy(story)
        expect(run.results["deploy-production"].result, "failure", "the lost job")
        expect([step.name for step in run.results["deploy-production"].steps][-1], "canary", "the last step")
        expect(results(run)["reconcile"], "failure", "the reconciling job")
        expect(story.serving("web"), {OLD: 90, intended(run): 10}, "traffic left half-way")
        again = deploy(story, attempt=2)
        expect(again.conclusion, "success", f"conclusion of\n{logs(again)}")
        expect(story.serving("web"), {intended(run): 100}, "traffic after the second attempt")


def test_cancelled_run_rolls_back() -> None:
    with world(faults=[{"match": "^sleep", "action": "cancel", "nth": 1}]) as story:
        run = deploy(story)
        expect(run.conclusion, "cancelled", "conclusion")
        expect(run.results["deploy-production"].step("roll back").conclusion, "success", "rollback")
        expect(story.serving("web"), {OLD: 100}, "traffic")


def test_job_over_its_time_is_cancelled() -> None:
    with world() as story:
        run = deploy(story, event="workflow_dispatch", inputs={"weights": "1 2 3 4 5 6 7"})
        expect(results(run)["deploy-production"], "cancelled", "the slow job")
        expect(story.serving("web"), {OLD: 100}, "traffic")


def test_other_branch_deploys_nothing() -> None:
    with world() as story:
        run = deploy(story, ref="refs/heads/topic")
        expect(results(run)["deploy-production"], "skipped", "deployment")
        expect(results(run)["reconcile"], "skipped", "reconciling")


def test_permissions_are_asked_for() -> None:
    with world() as story:
        text = (TREE / DEPLOY).read_text(encoding="utf-8")
        story.tree = story.scratch / "tree"
        (story.tree / DEPLOY).parent.mkdir(parents=True)
        (story.tree / DEPLOY).write_text(text.replace("      attestations: write\n", ""), encoding="utf-8")
        run = deploy(story)
        expect(results(run)["build"], "failure", "a build that may not attest")
        expect(results(run)["deploy-production"], "skipped", "what needs it")


def test_matrix_shells_and_timeouts() -> None:
    with Scenario(TREE) as story:
        run = story.run(MATRIX, event="workflow_dispatch")
        expect(results(run), {"shards": "success", "plain-shell": "success", "slow": "cancelled"}, f"results of\n{logs(run)}")
        expect(story.lines("^npm"), ["npm test --shard 1", "npm run lines 1", "npm test --shard 2last", "npm run lines 1",
                                     "npm run outcome failure-success", "npm run cleanup"], "calls")  # fmt: skip


def test_platform_refuses_what_the_real_one_refuses() -> None:
    refused = {
        "gcloud run services update-traffic web --to-revisions web-7=100 --project p --region r": "not found",
        "gcloud run services describe web --project p": "--region is required",
        "gcloud run services update-traffic web --to-revisions =100 --project p --region r": "invalid value",
        "gcloud run services update-traffic web --to-revision web-1=100 --project p --region r": "unrecognized argument --to-revision",
        "gcloud run services promote web --project p --region r": "does not know",
        "gcloud run services update-traffic web --to-revisions web-00001-abc=60 --project p --region r": "sum to 60",
        "gh attestation verify oci://x@sha256:0 --repo a/b": "no attestations",
        "nc -l 80": "command not found",
    }
    for command, message in refused.items():
        with world() as story:
            tree = story.scratch / "tree" / ".github" / "workflows"
            tree.mkdir(parents=True)
            body = f"name: x\non: push\njobs:\n  x:\n    runs-on: u\n    steps:\n      - run: {command}\n"
            (tree / "x.yml").write_text(body, encoding="utf-8")
            story.tree = story.scratch / "tree"
            run = story.run(".github/workflows/x.yml")
            expect(run.conclusion, "failure", command)
            if message not in run.results["x"].steps[0].log:
                raise Wrong(f"{command}: {run.results['x'].steps[0].log!r} does not say {message!r}")


def test_small_parts() -> None:
    expect(assignments("a=1\nb<<E\nx\ny=z\nE\nc=\n"), {"a": "1", "b": "x\ny=z", "c": ""}, "assignments")
    try:
        assignments("b<<E\nx")
        raise Wrong("a block without an end was taken")
    except ExpressionError:
        pass
    expect(combinations({"a": [1, 2], "include": [{"a": 1, "b": 3}, {"a": 4}]}), [{"a": 1, "b": 3}, {"a": 2}, {"a": 4}], "matrix")
