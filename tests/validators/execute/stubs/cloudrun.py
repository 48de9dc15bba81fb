"""A Cloud Run that remembers: services with revisions and traffic, jobs with executions, worker pools."""

from __future__ import annotations

import copy
import re
import sys
from typing import Any

import yaml

from ..world import scripted
from .answers import reached, shown, text_of
from .commandline import Line, refuse


def named(line: Line, rest: list[str], *flags: str) -> str:
    name = rest[0] if rest else line.one(*flags)
    if not name:
        refuse("gcloud: a name is required")
    return str(name)


def place(line: Line) -> None:
    if not line.one("--region", "--location"):
        refuse("gcloud: --region is required, as nobody can be asked")
    if not line.one("--project"):
        refuse("gcloud: --project is required")


def absent(kind: str, name: str) -> int:
    print(f"ERROR: (gcloud.run.{kind}.describe) Cannot find {kind[:-1]} [{name}]", file=sys.stderr)
    return 1


def image_of(template: dict[str, Any]) -> str:
    return template["spec"]["containers"][0]["image"]


def create_revision(state: dict[str, Any], service: dict[str, Any], template: dict[str, Any]) -> dict[str, Any] | None:
    """A new revision of a service, unless nothing changed; an unhealthy image never becomes ready."""
    template = copy.deepcopy(template)
    given = template.get("metadata", {}).pop("name", None)
    latest = service["revisions"][-1] if service["revisions"] else None
    if given:
        same = next((one for one in service["revisions"] if one["name"] == given), None)
        if same and same["template"] != template:
            refuse(f"ERROR: Revision named '{given}' with different configuration already exists.", 1)
        if same:
            return None
    elif latest and latest["template"] == template:
        return None
    number = len(service["revisions"]) + 1
    revision = {
        "name": given or f"{service['name']}-{number:05d}-abc",
        "template": template,
        "image": image_of(template),
        "ready": not any(re.search(bad, image_of(template)) for bad in state["unhealthy"]),
        "created": state["now"],
    }
    state["now"] += 20
    service["revisions"].append(revision)
    service["generation"] += 1
    return revision


def latest_ready(service: dict[str, Any]) -> str | None:
    return next((one["name"] for one in reversed(service["revisions"]) if one["ready"]), None)


def new_service(name: str) -> dict[str, Any]:
    return {"name": name, "revisions": [], "traffic": [{"latestRevision": True, "percent": 100}], "generation": 0}


def running(service: dict[str, Any]) -> list[dict[str, Any]]:
    """Traffic as it flows: `latestRevision` resolved to what is ready."""
    flowing = []
    for target in service["traffic"]:
        name = target.get("revisionName") or latest_ready(service)
        if name:
            one = {**target, "revisionName": name}
            if "tag" in one:
                one["url"] = f"https://{one['tag']}---{service['name']}.run.example"
            flowing.append(one)
    return flowing


def described(service: dict[str, Any]) -> dict[str, Any]:
    last = service["revisions"][-1] if service["revisions"] else None
    ready = bool(last and last["ready"])
    condition: dict[str, Any] = {"type": "Ready", "status": "True" if ready else "False"}
    if not ready:
        condition |= {"reason": "HealthCheckContainerError", "message": "The user-provided container failed to start and listen on the port"}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": service["name"], "generation": service["generation"], **service.get("metadata", {})},
        "spec": {"template": last["template"] if last else {}, "traffic": service["traffic"]},
        "status": {
            "observedGeneration": service["generation"],
            "conditions": [condition],
            "latestCreatedRevisionName": last["name"] if last else None,
            "latestReadyRevisionName": latest_ready(service),
            "traffic": running(service),
            "url": f"https://{service['name']}.run.example",
            "address": {"url": f"https://{service['name']}.run.example"},
        },
    }


def described_revision(service: dict[str, Any], revision: dict[str, Any]) -> dict[str, Any]:
    created = revision["created"]
    return {
        "kind": "Revision",
        "metadata": {
            "name": revision["name"],
            "creationTimestamp": created,
            "labels": {"serving.knative.dev/service": service["name"], **revision["template"].get("metadata", {}).get("labels", {})},
            "annotations": revision["template"].get("metadata", {}).get("annotations", {}),
        },
        "spec": revision["template"]["spec"],
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if revision["ready"] else "False"}],
            "imageDigest": revision["image"],
        },
    }


def settled(service: dict[str, Any], revision: dict[str, Any] | None) -> int:
    if revision and not revision["ready"]:
        print(f"ERROR: (gcloud.run) Revision '{revision['name']}' is not ready and cannot serve traffic.", file=sys.stderr)
        return 1
    return 0


def services_replace(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    with open(rest[0] if rest[0] != "-" else 0, encoding="utf-8") as opened:
        wanted = yaml.safe_load(opened)
    if wanted.get("kind") != "Service":
        refuse(f"ERROR: {rest[0]} is a {wanted.get('kind')}, not a Service", 1)
    if "--dry-run" in line.switches:
        return 0
    name = wanted["metadata"]["name"]
    service = state["services"].setdefault(name, new_service(name))
    service["metadata"] = {key: wanted["metadata"][key] for key in ("labels", "annotations") if key in wanted["metadata"]}
    revision = create_revision(state, service, wanted["spec"]["template"])
    route(service, wanted["spec"].get("traffic") or [{"latestRevision": True, "percent": 100}])
    return settled(service, revision)


def route(service: dict[str, Any], traffic: list[dict[str, Any]]) -> None:
    known = {one["name"]: one for one in service["revisions"]}
    for target in traffic:
        name = target.get("revisionName")
        if name and name not in known:
            refuse(f"ERROR: Revision '{name}' is not found.", 1)
        if name and not known[name]["ready"] and target.get("percent"):
            refuse(f"ERROR: Revision '{name}' is not ready and cannot serve traffic.", 1)
    total = sum(target.get("percent", 0) for target in traffic)
    if total != 100:
        refuse(f"ERROR: traffic percents sum to {total}, not 100", 1)
    service["traffic"] = traffic


def deploy(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    service = state["services"].setdefault(name, new_service(name))
    template = copy.deepcopy(service["revisions"][-1]["template"]) if service["revisions"] else {"spec": {"containers": [{}]}}
    template["spec"]["containers"][0]["image"] = line.needed("gcloud run deploy", "--image")
    return _updated(state, line, service, template)


def services_update(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    service = state["services"].get(named(line, rest))
    if not service:
        return absent("services", rest[0])
    template = copy.deepcopy(service["revisions"][-1]["template"])
    if image := line.one("--image"):
        template["spec"]["containers"][0]["image"] = image
    return _updated(state, line, service, template)


def _updated(state: dict[str, Any], line: Line, service: dict[str, Any], template: dict[str, Any]) -> int:
    if suffix := line.one("--revision-suffix"):
        template.setdefault("metadata", {})["name"] = f"{service['name']}-{suffix}"
    before = running(service)
    revision = create_revision(state, service, template)
    if "--no-traffic" in line.switches:
        # What served so far is named, or it would move on to the new revision by itself.
        service["traffic"] = [{key: one[key] for key in ("revisionName", "percent", "tag") if key in one} for one in before]
    if (tag := line.one("--tag")) and revision:
        service["traffic"].append({"revisionName": revision["name"], "tag": tag, "percent": 0})
    return settled(service, revision)


def update_traffic(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    service = state["services"].get(name)
    if not service:
        return absent("services", name)
    tags = {one["tag"]: one["revisionName"] for one in running(service) if "tag" in one}
    weights = weights_of(service, line, tags)
    for flag in ("--set-tags", "--update-tags"):
        if given := line.one(flag):
            tags = ({} if flag == "--set-tags" else tags) | {
                tag: _revision_name(service, revision) for tag, revision in (pair.split("=", 1) for pair in given.split(","))
            }
    for tag in (line.one("--remove-tags") or "").split(","):
        tags.pop(tag, None)
    if "--clear-tags" in line.switches:
        tags = {}
    traffic = [dict(target) for target in weights]
    for tag, revision in tags.items():
        same = next((one for one in traffic if one.get("revisionName") == revision and "tag" not in one), None)
        if same:
            same["tag"] = tag
        else:
            traffic.append({"revisionName": revision, "tag": tag, "percent": 0})
    route(service, traffic)
    service["generation"] += 1
    shown({"traffic": running(service)}, line) if line.one("--format") else None
    return 0


def _revision_name(service: dict[str, Any], name: str) -> str:
    return str(latest_ready(service)) if name == "LATEST" else name


def weights_of(service: dict[str, Any], line: Line, tags: dict[str, str]) -> list[dict[str, Any]]:
    if "--to-latest" in line.switches:
        return [{"latestRevision": True, "percent": 100}]
    asked = line.one("--to-revisions") or line.one("--to-tags")
    if not asked:
        return [
            {key: one[key] for key in ("revisionName", "latestRevision", "percent") if key in one}
            for one in service["traffic"]
            if one.get("percent")
        ]
    pairs = dict(pair.split("=", 1) for pair in asked.split(","))
    if line.one("--to-tags"):
        if missing := set(pairs) - set(tags):
            refuse(f"ERROR: no revision has the tag {', '.join(sorted(missing))}", 1)
        pairs = {tags[tag]: percent for tag, percent in pairs.items()}
    if "" in pairs:
        refuse(f"ERROR: argument --to-revisions: invalid value {asked!r}")
    weights = {_revision_name(service, name): int(percent) for name, percent in pairs.items()}
    missing_share = 100 - sum(weights.values())
    others = [one for one in running(service) if one.get("percent") and one["revisionName"] not in weights]
    # Real gcloud hands what is left to the revisions that had traffic, in proportion.
    if missing_share > 0 and others:
        had = sum(one["percent"] for one in others)
        for one in others:
            weights[one["revisionName"]] = one["percent"] * missing_share // had
        weights[others[0]["revisionName"]] += 100 - sum(weights.values())
    return [{"revisionName": name, "percent": percent} for name, percent in weights.items()]


def services_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest, "--service")
    if name not in state["services"]:
        return absent("services", name)
    shown(described(state["services"][name]), line)
    return 0


def revisions_list(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    service = state["services"].get(line.needed("gcloud run revisions list", "--service"))
    rows = [described_revision(service, one) for one in reversed(service["revisions"])] if service else []
    for key, operator, value in re.findall(r"([\w./-]+)\s*(=|!=|:)\s*['\"]?([^'\"\s]+)['\"]?", line.one("--filter") or ""):
        rows = [row for row in rows if (text_of(reached(row, key)) == value) != (operator == "!=")]
    if order := line.one("--sort-by"):
        rows.sort(key=lambda row: reached(row, order.lstrip("~")), reverse=order.startswith("~"))
    limit = line.one("--limit")
    shown(rows[: int(limit)] if limit else rows, line)
    return 0


def revisions_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    for service in state["services"].values():
        for revision in service["revisions"]:
            if revision["name"] == named(line, rest):
                shown(described_revision(service, revision), line)
                return 0
    return absent("revisions", rest[0])


def jobs_replace(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    with open(rest[0] if rest[0] != "-" else 0, encoding="utf-8") as opened:
        wanted = yaml.safe_load(opened)
    if wanted.get("kind") != "Job":
        refuse(f"ERROR: {rest[0]} is a {wanted.get('kind')}, not a Job", 1)
    name = wanted["metadata"]["name"]
    job = state["jobs"].setdefault(name, {"name": name, "executions": []})
    job["image"] = image_of(wanted["spec"]["template"]["spec"]["template"])
    job["metadata"] = {key: wanted["metadata"][key] for key in ("labels", "annotations") if key in wanted["metadata"]}
    return 0


def jobs_update(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    if name not in state["jobs"]:
        return absent("jobs", name)
    state["jobs"][name]["image"] = line.one("--image") or state["jobs"][name]["image"]
    return 0


def jobs_deploy(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    job = state["jobs"].setdefault(name, {"name": name, "executions": []})
    job["image"] = line.needed("gcloud run jobs deploy", "--image")
    return 0


def jobs_execute(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    job = state["jobs"].get(name)
    if not job:
        return absent("jobs", name)
    result = scripted(state["job_results"].get(name, ["succeeded"]))
    execution = {"name": f"{name}-{len(job['executions']) + 1:05d}", "image": job["image"], "result": result, "created": state["now"]}
    job["executions"].append(execution)
    state["now"] += 15
    if line.one("--format"):
        shown(_described_execution(name, execution), line)
    if "--wait" in line.switches and result != "succeeded":
        print(f"ERROR: (gcloud.run.jobs.execute) The execution {execution['name']} failed", file=sys.stderr)
        return 1
    return 0


def _described_execution(job: str, execution: dict[str, Any]) -> dict[str, Any]:
    succeeded = execution["result"] == "succeeded"
    return {
        "kind": "Execution",
        "metadata": {"name": execution["name"], "creationTimestamp": execution["created"], "labels": {"run.googleapis.com/job": job}},
        "spec": {"template": {"spec": {"containers": [{"image": execution["image"]}]}}},
        "status": {
            "succeededCount": int(succeeded),
            "failedCount": int(not succeeded),
            "conditions": [{"type": "Completed", "status": "True" if succeeded else "False"}],
        },
    }


def jobs_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest, "--job")
    job = state["jobs"].get(name)
    if not job:
        return absent("jobs", name)
    last = job["executions"][-1] if job["executions"] else None
    containers = {"spec": {"containers": [{"image": job["image"]}]}}
    status = {"executionCount": len(job["executions"]), "conditions": [{"type": "Ready", "status": "True"}]}
    if last:
        status["latestCreatedExecution"] = {"name": last["name"]}
    metadata = {"name": name, **job.get("metadata", {})}
    shown({"kind": "Job", "metadata": metadata, "spec": {"template": {"spec": {"template": containers}}}, "status": status}, line)
    return 0


def executions_list(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = line.needed("gcloud run jobs executions list", "--job")
    rows = [_described_execution(name, one) for one in reversed(state["jobs"].get(name, {"executions": []})["executions"])]
    limit = line.one("--limit")
    shown(rows[: int(limit)] if limit else rows, line)
    return 0


def executions_describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    for name, job in state["jobs"].items():
        for execution in job["executions"]:
            if execution["name"] == named(line, rest):
                shown(_described_execution(name, execution), line)
                return 0
    return absent("executions", rest[0])
