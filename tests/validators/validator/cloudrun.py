"""Cloud Run files: Google's own API description, read strictly, and two independent schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from . import schemas
from .core import Check, Finding, Tools, Tree, matching

FILE = r"^deploy/cloud-run/.+\.ya?ml$"
DESCRIPTION = "googleapiclient/discovery_cache/documents/run.v1.json"
API_OF_KIND = {"Service": "serving.knative.dev/v1", "Job": "run.googleapis.com/v1", "WorkerPool": "run.googleapis.com/v1"}
QUANTITY = re.compile(r"^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")


def api_description(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """Each document against the schema of its kind: unknown keys, wrong types and unknown enum values are findings."""
    known = json.loads(tools.package_data(DESCRIPTION).read_text(encoding="utf-8"))["schemas"]
    findings = []
    for file in files:
        for document in yaml.safe_load_all(tree.text(file)):
            kind = document.get("kind") if isinstance(document, dict) else None
            if kind not in API_OF_KIND:
                findings.append(Finding(file, f"kind {kind!r} is none of {', '.join(API_OF_KIND)}"))
                continue
            if document.get("apiVersion") != API_OF_KIND[kind]:
                findings.append(Finding(file, f"apiVersion of a {kind} is {API_OF_KIND[kind]}"))
            findings += [Finding(file, wrong) for wrong in _object(known, known[kind], document, kind)]
    return findings


def _value(known: dict, schema: dict, value: Any, path: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _value(known, {**known[schema["$ref"]]}, value, path)
        return
    kind = schema.get("type", "any")
    expected = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}.get(kind)
    # An integer of 64 bits is a string in JSON, and both spellings are read.
    if schema.get("format") == "int64":
        expected = (int, str)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{path} must be {kind}, is {value!r}"
    elif kind == "object":
        yield from _object(known, schema, value, path)
    elif kind == "array":
        for number, item in enumerate(value):
            yield from _value(known, schema.get("items", {}), item, f"{path}[{number}]")
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} must be one of {', '.join(schema['enum'])}, is {value!r}"


def _object(known: dict, schema: dict, value: dict, path: str) -> Iterator[str]:
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    for key, inner in value.items():
        below = f"{path}.{key}"
        if properties and key in properties:
            yield from _value(known, properties[key], inner, below)
        elif others is not None:
            yield from _value(known, others, inner, below)
        else:
            yield f"{below} is not a key that Cloud Run knows"
        if key in ("limits", "requests") and isinstance(inner, dict):
            yield from (
                f"{below}.{name} is no quantity: {amount!r}"
                for name, amount in inner.items()
                if not QUANTITY.match(str(amount))
            )


def services(tree: Tree) -> list[str]:
    return [file for file in tree.matching(FILE) if re.search(r"(?m)^kind: [\"']?Service[\"']?\s*$", tree.text(file))]


def readiness(schema: dict) -> None:
    """Google's description of run.v1 has `readinessProbe` in a container; the reference schema is older."""
    container = schema["$defs"]["Container"]["properties"]
    container.setdefault("readinessProbe", container["livenessProbe"])


CHECKS = (
    Check("cloud-run-api", matching(FILE), api_description),
    Check("cloud-run-knative", services, lambda tools, tree, files: tools.script("knative.mjs", tree, files)),
    schemas.by_reference("cloud-run-reference-schema", "cloud-run-v1.json", FILE, mend=readiness),
)
