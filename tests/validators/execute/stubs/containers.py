"""Container tools: a registry that knows digests, and signatures."""

from __future__ import annotations

import hashlib
import json
import sys

from ..world import World
from . import machine
from .commandline import refuse


def digest_of(reference: str) -> str:
    return "sha256:" + hashlib.sha256(reference.encode()).hexdigest()


def docker(world: World, arguments: list[str]) -> int:
    rest = _without_globals(arguments)
    if rest[:1] == ["compose"]:
        return machine.compose(world, rest[1:])
    if (answered := machine.docker(world, rest)) is not None:
        return answered
    command = " ".join(rest[:3] if rest[:2] == ["buildx", "imagetools"] else rest[:2] if rest[:1] == ["buildx"] else rest[:1])
    with world.open() as state:
        if command in ("login", "logout", "version", "info", "buildx create", "buildx use"):
            return 0
        if command in ("push", "tag", "pull", "build", "buildx build", "run", "image"):
            return _moved(state, command, rest)
        if command in ("buildx imagetools inspect", "inspect", "manifest"):
            return _inspected(state, rest)
        if command == "buildx imagetools create":
            tags = [rest[index + 1] for index, one in enumerate(rest) if one in ("-t", "--tag")]
            source = rest[-1]
            for tag in tags:
                state["images"][tag] = source.rpartition("@")[2] if "@" in source else state["images"].get(source, digest_of(source))
            return 0
    refuse(f"docker: the stub does not know: {' '.join(rest)}", 97)
    return 97


def _without_globals(arguments: list[str]) -> list[str]:
    rest = list(arguments)
    while rest and rest[0] in ("--host", "-H", "--context", "--config", "--log-level", "-l"):
        rest = rest[2:]
    return rest


def _moved(state: dict, command: str, rest: list[str]) -> int:
    if command in ("build", "buildx build"):
        for index, one in enumerate(rest):
            if one in ("-t", "--tag"):
                state["images"][rest[index + 1]] = digest_of(rest[index + 1])
    if command == "tag":
        state["images"][rest[2]] = state["images"].get(rest[1], digest_of(rest[1]))
    if command == "pull" and "@" not in rest[-1] and rest[-1] not in state["images"]:
        print(f"Error response from daemon: manifest for {rest[-1]} not found", file=sys.stderr)
        return 1
    return 0


def _inspected(state: dict, rest: list[str]) -> int:
    reference = next((one for one in rest[1:] if "/" in one and not one.startswith("-") and "{" not in one), "")
    digest = reference.rpartition("@")[2] if "@" in reference else state["images"].get(reference)
    if not digest:
        print(f"ERROR: {reference}: not found", file=sys.stderr)
        return 1
    template = next((rest[index + 1] for index, one in enumerate(rest) if one == "--format"), "")
    if "json" in template and "Manifest" in template:
        print(json.dumps({"digest": digest}))
    elif "Digest" in template:
        print(digest)
    else:
        print(json.dumps([{"RepoDigests": [f"{reference.partition('@')[0]}@{digest}"]}]))
    return 0


def cosign(world: World, arguments: list[str]) -> int:
    command = next((one for one in arguments if not one.startswith("-")), "")
    digest = next((one.rpartition("@")[2] for one in arguments if "@sha256:" in one), None)
    if command in ("verify", "verify-attestation"):
        with world.open() as state:
            if digest not in state["attested"]:
                print("Error: no matching signatures", file=sys.stderr)
                return 1
        return 0
    if command in ("sign", "attest") and digest:
        with world.open() as state:
            state["attested"].append(digest)
        return 0
    refuse(f"cosign: the stub does not know: {' '.join(arguments)}", 97)
    return 97


def syft(world: World, arguments: list[str]) -> int:
    print(json.dumps({"bomFormat": "CycloneDX", "components": []}))
    return 0
