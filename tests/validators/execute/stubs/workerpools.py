"""Worker pools of the same Cloud Run: instances are split among revisions as traffic is, and nothing is asked by URL."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from .answers import shown
from .cloudrun import absent, create_revision, described, described_revision, named, new_service, place, route, settled, weights_of
from .commandline import Line, refuse


def replace(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    with open(rest[0] if rest[0] != "-" else 0, encoding="utf-8") as opened:
        wanted = yaml.safe_load(opened)
    # The real command has no flag for the region, and says so.
    if line.one("--region"):
        refuse("ERROR: (gcloud.run.worker-pools.replace) unrecognized arguments: --region", 2)
    if not wanted["metadata"].get("labels", {}).get("cloud.googleapis.com/location"):
        refuse("gcloud: the region is required, as nobody can be asked")
    if wanted.get("kind") != "WorkerPool":
        refuse(f"ERROR: {rest[0]} is a {wanted.get('kind')}, not a WorkerPool", 1)
    name = wanted["metadata"]["name"]
    pool = state["worker_pools"].setdefault(name, new_service(name))
    pool["metadata"] = {key: wanted["metadata"][key] for key in ("labels", "annotations") if key in wanted["metadata"]}
    revision = create_revision(state, pool, wanted["spec"]["template"])
    if revision and not revision["ready"]:
        return settled(pool, revision)
    route(pool, wanted["spec"].get("instanceSplits") or [{"latestRevision": True, "percent": 100}])
    return 0


def update(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    pool = state["worker_pools"].get(name)
    if not pool:
        return absent("worker-pools", name)
    template = copy.deepcopy(pool["revisions"][-1]["template"])
    template["spec"]["containers"][0]["image"] = line.needed("gcloud run worker-pools update", "--image")
    return settled(pool, create_revision(state, pool, template))


def split(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    pool = state["worker_pools"].get(name)
    if not pool:
        return absent("worker-pools", name)
    route(pool, weights_of(pool, line, {}))
    pool["generation"] += 1
    return 0


def describe(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    name = named(line, rest)
    if name not in state["worker_pools"]:
        return absent("worker-pools", name)
    answer = {**described(state["worker_pools"][name]), "apiVersion": "run.googleapis.com/v1", "kind": "WorkerPool"}
    answer["status"]["instanceSplits"] = answer["status"].pop("traffic")
    shown(answer, line)
    return 0


def revisions(state: dict[str, Any], line: Line, rest: list[str]) -> int:
    place(line)
    pool = state["worker_pools"].get(line.needed("gcloud run worker-pools revisions list", "--worker-pool"))
    shown([described_revision(pool, one) for one in reversed(pool["revisions"])] if pool else [], line)
    return 0
