"""Monitoring files: promtool, amtool, and Grafana's own types with every PromQL expression parsed."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from . import schemas
from .core import Broken, Check, Finding, Tools, Tree, lines_of, matching

RULES = r"^deploy/observability/prometheus/rules/.+\.ya?ml$"
TESTS = r"^deploy/observability/prometheus/tests/.+\.ya?ml$"
PROMETHEUS = r"^deploy/observability/prometheus/prometheus\.ya?ml$"
COLLECTOR = r"^deploy/observability/otel-collector(\.[a-z0-9-]+)?\.yaml$"
ALERTMANAGER = r"^deploy/observability/alertmanager\.ya?ml$"
DASHBOARD = r"^deploy/observability/grafana/.+\.json$"
TEMPLATE_QUERY = re.compile(r"^\s*(label_values|query_result|metrics|label_names)\((.*)\)\s*$", re.S)

# JSON spells the values of an enum as plain strings, which TypeScript's own enums refuse.
PLAIN = (
    "type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;"
)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Broken(f"{name} is not on PATH")
    return found


def each(command: list[str]):
    """A tool that takes one file and whose failing output is the finding."""

    def judge(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
        def one(file: str) -> Finding | None:
            done = tools.run([program(command[0]), *command[1:], tree.path(file).name], cwd=tree.path(file).parent, fine=(0, 1, 3))
            return Finding(file, "\n".join(lines_of(done))) if done.returncode else None

        # Rules that look back over days take their tests seconds each.
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            return [finding for finding in pool.map(one, files) if finding]

    return judge


def collector(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """The collector itself reads its configuration and makes every component of it; what its environment holds is given."""
    findings = []
    for file in files:
        names = re.findall(r"\$\{env:(\w+)\}", tree.text(file))
        environment = {**os.environ, **dict.fromkeys(names, "http://localhost:4318")}
        command = [str(tools.cache / "otelcol" / "otelcol"), "validate", f"--config={tree.path(file)}"]
        done = tools.run(command, environment=environment)
        if done.returncode:
            findings.append(Finding(file, "\n".join(lines_of(done))))
    return findings


def rule_tests_use_rules(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """Every alert has a unit test: a rule file that no test loads, or an alert that no test names, is never proven."""
    tested: set[str] = set()
    for file in tree.matching(TESTS):
        for test in yaml.safe_load(tree.text(file)).get("tests", []):
            tested |= {one["alertname"] for one in test.get("alert_rule_test", [])}
    return [
        Finding(file, f"no promtool test names the alert {rule['alert']}")
        for file in files
        for rule in alerts(tree, file)
        if rule["alert"] not in tested
    ]


def alerts(tree: Tree, file: str) -> list[dict]:
    groups = (yaml.safe_load(tree.text(file)) or {}).get("groups", [])
    return [rule for group in groups for rule in group.get("rules", []) if "alert" in rule]


def routes(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """Every alert of the rules must reach a receiver that tells somebody."""
    findings = []
    for file in files:
        configuration = yaml.safe_load(tree.text(file))
        telling = {
            one["name"] for one in configuration.get("receivers", []) if any(key.endswith("_configs") for key in one)
        }
        for rules in tree.matching(RULES):
            for rule in alerts(tree, rules):
                findings += _reached(tools, tree, file, rule, telling)
    return findings


def _reached(tools: Tools, tree: Tree, file: str, rule: dict, telling: set[str]) -> list[Finding]:
    labels = {"alertname": rule["alert"], **rule.get("labels", {})}
    # A label with a template takes its value from the series, which no route can be tested with.
    fixed = [f"{key}={value}" for key, value in labels.items() if "{{" not in str(value)]
    done = tools.run([program("amtool"), "config", "routes", "test", f"--config.file={tree.path(file)}", *fixed])
    if done.returncode:
        return [Finding(file, f"{rule['alert']}: {' '.join(lines_of(done))}")]
    receivers = [name.strip() for name in done.stdout.replace(",", "\n").split("\n") if name.strip()]
    if telling & set(receivers):
        return []
    return [Finding(file, f"{rule['alert']} reaches only {', '.join(receivers) or 'nobody'}, which tells nobody")]


def grafana_types(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """Each dashboard as a literal of Grafana's own TypeScript type, so that unknown keys and wrong types are errors."""
    return typed_literals(tools, tree, files, "@grafana/schema", "Dashboard")


def typed_literals(tools: Tools, tree: Tree, files: list[str], module: str, kind: str) -> list[Finding]:
    modules = tools.cache / "node"
    with tempfile.TemporaryDirectory(prefix="literals-", dir=modules) as folder:
        names = {}
        for number, file in enumerate(files):
            name = f"literal{number}.ts"
            text = f'import type {{ {kind} }} from "{module}"; {PLAIN}\nexport const value: Plain<{kind}> =\n{tree.text(file)};\n'
            (Path(folder) / name).write_text(text, encoding="utf-8")
            names[name] = file
        options = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--module", "nodenext"]
        done = tools.run([tools.node("tsc"), *options, "--ignoreConfig", *names], cwd=Path(folder), fine=(0, 1, 2))
    findings = []
    for line in lines_of(done):
        if found := re.match(r"(literal\d+\.ts)\((\d+),\d+\): error (.*)", line):
            # Two lines of ours stand before the file's own text.
            findings.append(Finding(names[found[1]], found[3], int(found[2]) - 2))
    if done.returncode and not findings:
        raise Broken(f"tsc: {done.stdout}{done.stderr}")
    return findings


def expressions(dashboard: Any) -> Iterator[tuple[str, str]]:
    """Every PromQL expression of a dashboard, with what holds it."""
    for panel in _panels(dashboard):
        for target in panel.get("targets", []):
            source = target.get("datasource") or panel.get("datasource") or {}
            if "expr" in target and source.get("type", "prometheus") == "prometheus":
                yield f"panel {panel.get('title')!r}", target["expr"]
    for one in dashboard.get("annotations", {}).get("list", []):
        if "expr" in one:
            yield f"annotation {one.get('name')!r}", one["expr"]
    for variable in dashboard.get("templating", {}).get("list", []):
        query = variable.get("query", "")
        text = query.get("query", "") if isinstance(query, dict) else query
        if variable.get("type") == "query" and (call := TEMPLATE_QUERY.match(text)):
            selector = call[2].rpartition(",")[0] if call[1] == "label_values" else call[2]
            if selector.strip() and call[1] in ("label_values", "query_result"):
                yield f"variable {variable.get('name')!r}", selector


def _panels(holder: dict) -> Iterator[dict]:
    for panel in holder.get("panels", []):
        yield panel
        yield from _panels(panel)


def substituted(expression: str) -> str:
    """The expression as Grafana would send it, with some value for each variable."""
    text = re.sub(r"\$\{?__(rate_interval|interval|range)\}?(?!_)", "5m", expression)
    text = re.sub(r"\$\{?__(interval_ms|range_s|range_ms|from|to)\b[^}]*\}?", "300", text)
    text = re.sub(r"\[\s*(\$\{\w+(:\w+)?\}|\$\w+|\[\[\w+\]\])", "[5m", text)
    return re.sub(r"\$\{\w+(:\w+)?\}|\$[A-Za-z]\w*|\[\[\w+\]\]", "x", text)


def grafana_promql(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    findings = []
    for file in files:
        dashboard = json.loads(tree.text(file))
        found = list(expressions(dashboard))
        if not found and dashboard.get("panels"):
            findings.append(Finding(file, "a dashboard without any expression shows nothing"))
        for holder, expression in found:
            try:
                promql_parser.parse(substituted(expression))
            except ValueError as error:
                findings.append(Finding(file, f"{holder}: {expression}: {error}"))
    return findings


def grafana_layout(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """Panels lie inside of the 24 columns, do not overlap, and have ids of their own; the dashboards have their own uids."""
    findings, uids = [], {}
    for file in files:
        dashboard = json.loads(tree.text(file))
        uid = dashboard.get("uid")
        if uid and uid in uids:
            findings.append(Finding(file, f"uid {uid!r} is also that of {uids[uid]}"))
        uids[uid] = file
        taken: dict[tuple[int, int], Any] = {}
        ids: set[int] = set()
        for panel in dashboard.get("panels", []):
            title, place = panel.get("title"), panel.get("gridPos", {})
            if panel.get("id") in ids:
                findings.append(Finding(file, f"panel {title!r} shares the id {panel.get('id')}"))
            ids.add(panel.get("id"))
            if place.get("x", 0) + place.get("w", 0) > 24:
                findings.append(Finding(file, f"panel {title!r} leaves the 24 columns"))
            cells = [
                (x, y)
                for x in range(place.get("x", 0), place.get("x", 0) + place.get("w", 0))
                for y in range(place.get("y", 0), place.get("y", 0) + place.get("h", 0))
            ]
            if hit := next((taken[cell] for cell in cells if cell in taken), None):
                findings.append(Finding(file, f"panel {title!r} lies over {hit!r}"))
            taken.update(dict.fromkeys(cells, title))
    return findings


CHECKS = (
    Check("promtool-rules", matching(RULES), each(["promtool", "check", "rules", "--lint=all", "--lint-fatal"])),
    Check("promtool-tests", matching(TESTS), each(["promtool", "test", "rules"])),
    Check("promtool-coverage", matching(RULES), rule_tests_use_rules),
    Check("promtool-config", matching(PROMETHEUS), each(["promtool", "check", "config"])),
    Check("otelcol-config", matching(COLLECTOR), collector),
    Check("amtool-config", matching(ALERTMANAGER), each(["amtool", "check-config"])),
    Check("amtool-routes", matching(ALERTMANAGER), routes),
    Check("grafana-types", matching(DASHBOARD), grafana_types),
    Check("grafana-promql", matching(DASHBOARD), grafana_promql),
    Check("grafana-layout", matching(DASHBOARD), grafana_layout),
    schemas.by_reference("prometheus-rules-reference-schema", "prometheus.rules.json", RULES),
    schemas.by_reference("prometheus-tests-reference-schema", "prometheus.rules.test.json", TESTS),
    schemas.by_reference("alertmanager-reference-schema", "prometheus-alertmanager.json", ALERTMANAGER),
    schemas.by_reference("grafana-reference-schema", "grafana-dashboard.jsonschema.json", DASHBOARD),
)
