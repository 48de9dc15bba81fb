"""What the actions that workflows use would do here: each asks for the permissions the real one needs and acts upon the world."""

from __future__ import annotations

import glob
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .world import World


class ActionFailed(Exception):
    """The action ended with an error, as a failing step."""


@dataclass(frozen=True)
class Use:
    """One use of an action: where, with which inputs and permissions."""

    name: str
    inputs: dict[str, str]
    world: World
    workspace: Path
    tree: Path
    artifacts: Path
    permissions: dict[str, str]
    github: dict[str, Any]

    def input(self, name: str) -> str:
        if not self.inputs.get(name):
            raise ActionFailed(f"{self.name}: input {name} is required")
        return self.inputs[name]

    def allowed(self, **needed: str) -> None:
        for scope, level in needed.items():
            scope = scope.replace("_", "-")
            given = self.permissions.get(scope, "none")
            if level == "write" and given != "write" or level == "read" and given == "none":
                raise ActionFailed(f"{self.name}: the job lacks the permission {scope}: {level}")


Outputs = dict[str, str]


def checkout(use: Use) -> Outputs:
    use.allowed(contents="read")
    if use.inputs.get("persist-credentials") != "false":
        raise ActionFailed("actions/checkout: credentials stay in the work tree")
    target = use.workspace / use.inputs.get("path", ".")
    shutil.copytree(use.tree, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    ref = use.inputs.get("ref") or use.github["sha"]
    return {"ref": ref, "commit": ref}


def build_and_push(use: Use) -> Outputs:
    """One digest per commit and Dockerfile: the same build twice is the same image."""
    if use.inputs.get("push") == "true" and "ghcr.io" in use.inputs.get("tags", "") + use.inputs.get("outputs", ""):
        use.allowed(packages="write")
    seed = json.dumps([use.github["sha"], use.inputs.get("context"), use.inputs.get("file"), use.inputs.get("build-args")])
    digest = "sha256:" + hashlib.sha256(seed.encode()).hexdigest()
    with use.world.open() as state:
        for tag in use.inputs.get("tags", "").replace(",", "\n").split("\n"):
            if tag.strip():
                state["images"][tag.strip()] = digest
    return {"digest": digest, "imageid": digest, "metadata": json.dumps({"containerimage.digest": digest})}


def attest(use: Use) -> Outputs:
    use.allowed(id_token="write", attestations="write")
    digest = use.input("subject-digest")
    with use.world.open() as state:
        state["attested"].append(digest)
    return {"bundle-path": "attestation.json", "attestation-id": "1", "attestation-url": "https://github.example/attestations/1"}


def google_auth(use: Use) -> Outputs:
    use.allowed(id_token="write")
    use.input("workload_identity_provider")
    return {"project_id": use.inputs.get("project_id", ""), "access_token": "ya29.stub", "credentials_file_path": "/dev/null"}


def upload_artifact(use: Use) -> Outputs:
    target = use.artifacts / use.inputs.get("name", "artifact")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    found = [path for pattern in use.input("path").split() for path in map(Path, glob.glob(str(use.workspace / pattern)))]
    if not found and use.inputs.get("if-no-files-found") == "error":
        raise ActionFailed("actions/upload-artifact: no files were found")
    for path in found:
        (shutil.copytree if path.is_dir() else shutil.copy)(path, target / path.name)
    return {"artifact-id": "1"}


def download_artifact(use: Use) -> Outputs:
    name = use.inputs.get("name")
    if name and not (use.artifacts / name).is_dir():
        raise ActionFailed(f"actions/download-artifact: there is no artifact {name}")
    source = use.artifacts / name if name else use.artifacts
    target = use.workspace / use.inputs.get("path", ".")
    shutil.copytree(source, target, dirs_exist_ok=True)
    return {"download-path": str(target)}


def nothing(use: Use) -> Outputs:
    return {}


def _metadata(use: Use) -> Outputs:
    image = use.input("images").split()[0]
    return {"tags": f"{image}:{use.github['sha']}", "labels": "", "version": use.github["sha"], "json": "{}"}


ACTIONS: dict[str, Callable[[Use], Outputs]] = {
    "actions/attest": attest,
    "actions/attest-build-provenance": attest,
    "actions/attest-sbom": attest,
    "actions/cache": lambda use: {"cache-hit": "false"},
    "actions/checkout": checkout,
    "actions/dependency-review-action": nothing,
    "actions/download-artifact": download_artifact,
    "actions/setup-dotnet": nothing,
    "actions/setup-go": nothing,
    "actions/setup-java": nothing,
    "actions/setup-node": nothing,
    "actions/setup-python": nothing,
    "actions/upload-artifact": upload_artifact,
    "anchore/sbom-action": nothing,
    "aquasecurity/trivy-action": nothing,
    "astral-sh/setup-uv": nothing,
    "docker/build-push-action": build_and_push,
    "docker/login-action": nothing,
    "docker/metadata-action": _metadata,
    "docker/setup-buildx-action": nothing,
    "docker/setup-qemu-action": nothing,
    "github/codeql-action/analyze": nothing,
    "github/codeql-action/init": nothing,
    "github/codeql-action/upload-sarif": nothing,
    "google-github-actions/auth": google_auth,
    "google-github-actions/setup-gcloud": nothing,
    "oven-sh/setup-bun": nothing,
    "pnpm/action-setup": nothing,
    "sigstore/cosign-installer": nothing,
}
