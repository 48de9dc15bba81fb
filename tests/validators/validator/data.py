"""Structured text of every kind: JSON, YAML read by three readers, TOML, KDL, JSON Schemas, SARIF."""

from __future__ import annotations

import datetime
import io
import json
import math
import re
import tomllib
from collections import Counter
from typing import Any

import ckdl
import yaml
from ruamel.yaml import YAML as Ruamel
from ruamel.yaml.error import YAMLError as RuamelError

from . import schemas
from .core import Broken, Check, Finding, Tools, Tree, lines_of, matching
from .monitoring import typed_literals
from .workflows import WORKFLOW

YAML_FILE = r"\.ya?ml$"
SARIF = r"\.sarif(\.json)?$"


def json_strict(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """JSON as the standard has it: no NaN, and no key twice, which readers resolve differently."""

    def refuse(text: str) -> None:
        raise ValueError(f"{text} is not JSON")

    def unique(pairs: list[tuple[str, Any]]) -> dict:
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twice:
            raise ValueError(f"key {twice[0]!r} is there twice")
        return dict(pairs)

    findings = []
    for file in files:
        try:
            json.loads(tree.text(file), parse_constant=refuse, object_pairs_hook=unique)
        except ValueError as error:
            findings.append(Finding(file, str(error)))
    return findings


def yamllint(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    rules = "{extends: relaxed, rules: {line-length: disable, key-duplicates: enable, truthy: disable}}"
    done = tools.run([tools.python("yamllint"), "-s", "-f", "parsable", "-d", rules, *files], cwd=tree.root, fine=(0, 1, 2))
    findings = []
    for line in lines_of(done):
        found = re.match(r"(.+?):(\d+):\d+: (.*)", line)
        if not found:
            raise Broken(f"yamllint: {line}")
        findings.append(Finding(found[1], found[3], int(found[2])))
    return findings


def encoded(value: Any) -> Any:
    """A value with its type spelled out and its keys in order, so that what differs between readers cannot hide."""
    if isinstance(value, dict):
        return ordered(["map", [[encoded(key), encoded(inner)] for key, inner in value.items()]])
    if isinstance(value, (list, tuple)):
        return ["list", [encoded(inner) for inner in value]]
    if isinstance(value, bool):
        return ["bool", value]
    if value is None:
        return ["null"]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["int", str(int(value))] if math.isfinite(value) and value.is_integer() else ["float", repr(value)]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return ["date", value.isoformat()]
    return ["str", str(value)]


def ordered(reading: Any) -> Any:
    """Keys in one order and floats in one spelling, whichever language wrote them."""
    match reading:
        case ["map", pairs]:
            return ["map", sorted(([ordered(key), ordered(inner)] for key, inner in pairs), key=json.dumps)]
        case ["list", items]:
            return ["list", [ordered(item) for item in items]]
        case ["float", spelling]:
            return ["float", repr(float(spelling.replace("Infinity", "inf")))]
    return reading


def yaml_readers(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """YAML 1.1, YAML 1.2 and a reader in another language must all read the same: what was meant, where that is known."""
    findings = []
    asked = tools.script("yaml-read.mjs", tree, files)
    by_node = {one.file: json.loads(one.message) for one in asked}
    for file in files:
        text = tree.raw(file)
        try:
            first = [_with_on(file, document) for document in yaml.safe_load_all(text)]
            second = list(Ruamel(typ="safe", pure=True).load_all(io.StringIO(text)))
        except (yaml.YAMLError, RuamelError) as error:
            findings.append(Finding(file, f"cannot be read: {error}"))
            continue
        third = by_node[file]
        if "error" in third:
            findings.append(Finding(file, f"the node reader refuses it: {third['error']}"))
            continue
        readings = {"YAML 1.1": encoded(first), "YAML 1.2": encoded(second), "node": ordered(third["value"])}
        for name in ("YAML 1.1", "node"):
            if place := difference(readings[name], readings["YAML 1.2"], ""):
                findings.append(Finding(file, f"{name} and YAML 1.2 read it differently at {place}"))
        if known := meaning(tree, file):
            if place := difference(readings["YAML 1.2"], encoded(known[0]), ""):
                findings.append(Finding(file, f"what is read is not what was meant at {place}"))
    return findings


def meaning(tree: Tree, file: str) -> list[Any]:
    """What a test says that the file means: `meant/FILE.json` beside the outputs; empty where none does."""
    return [json.loads(tree.raw(f"meant/{file}.json"))] if tree.holds(f"meant/{file}.json") else []


def as_meant(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """JSON and TOML say what was meant."""
    findings = []
    for file in files:
        text = tree.raw(file)
        found = tomllib.loads(text) if file.endswith(".toml") else json.loads(text)
        for meant in meaning(tree, file):
            if place := difference(encoded(found), encoded(meant), ""):
                findings.append(Finding(file, f"what is read is not what was meant at {place}"))
    return findings


def with_meaning(tree: Tree) -> list[str]:
    return [file for file in tree.matching(r"\.(json|toml)$") if tree.holds(f"meant/{file}.json")]


def _with_on(file: str, document: Any) -> Any:
    """GitHub reads its workflows as YAML 1.2, so their bare top-level `on`, which YAML 1.1 takes for true, is fine."""
    if re.search(WORKFLOW, file) and isinstance(document, dict) and True in document:
        return {("on" if key is True else key): value for key, value in document.items()}
    return document


def difference(left: Any, right: Any, path: str) -> str | None:
    if left == right:
        return None
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right) and left[:1] == right[:1]:
        for number, (one, other) in enumerate(zip(left, right)):
            if found := difference(one, other, f"{path}/{number}"):
                return found
    return f"{path or '/'}: {json.dumps(left, ensure_ascii=False)[:120]} and {json.dumps(right, ensure_ascii=False)[:120]}"


def toml(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    findings = []
    for file in files:
        try:
            tomllib.loads(tree.text(file))
        except tomllib.TOMLDecodeError as error:
            findings.append(Finding(file, str(error)))
    return findings


def kdl(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """KDL by two readers that have nothing in common with ours or with each other."""
    findings = tools.script("kdl.mjs", tree, files)
    for file in files:
        try:
            ckdl.parse(tree.text(file), version=2)
        except ckdl.ParseError as error:
            findings.append(Finding(file, f"ckdl: {error}"))
    return findings


def json_schemas(tree: Tree) -> list[str]:
    return [file for file in tree.matching(r"\.json$") if '"$schema": "http' in tree.text(file)[:2000] and "json-schema.org" in tree.text(file)[:2000]]


def environment_examples(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """`SERVICE.env.example` names what `SERVICE.schema.json` describes: all that is required, and nothing unknown."""
    findings = []
    for file in files:
        schema = file.removesuffix(".env.example") + ".schema.json"
        if not tree.holds(schema):
            findings.append(Finding(file, f"{schema} is missing"))
            continue
        described = json.loads(tree.text(schema))
        named = set(re.findall(r"(?m)^#? ?([A-Za-z_][A-Za-z0-9_]*)=", tree.text(file)))
        findings += [Finding(file, f"{name} is not in {schema}") for name in sorted(named - set(described.get("properties", {})))]
        findings += [Finding(file, f"required {name} is missing") for name in sorted(set(described.get("required", [])) - named)]
    return findings


CHECKS = (
    Check("json", matching(r"\.(json|sarif)$"), json_strict),
    Check("json-schema", json_schemas, lambda tools, tree, files: schemas.judge(tools, tree, files, ["--check-metaschema"])),
    Check("environment-example", matching(r"^deploy/env/.+\.env\.example$"), environment_examples),
    Check("yamllint", matching(YAML_FILE), yamllint),
    Check("yaml-readers", matching(YAML_FILE), yaml_readers),
    Check("as-meant", with_meaning, as_meant, rare=True),
    Check("toml", matching(r"\.toml$"), toml, rare=True),
    Check("kdl", matching(r"\.kdl$"), kdl, rare=True),
    Check(
        "sarif-types",
        matching(SARIF),
        lambda tools, tree, files: typed_literals(tools, tree, files, "sarif", "Log"),
        rare=True,
    ),
    schemas.by_reference("sarif-reference-schema", "sarif-2.1.0.json", SARIF, rare=True),
)
