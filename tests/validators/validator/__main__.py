"""The command `validate`: every check over every tree, all findings, a line per check, and a verdict."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .checks import CHECKS
from .core import Broken, Check, Finding, Tools, Tree, copied


@dataclass(frozen=True)
class Result:
    """What one check did to one tree."""

    check: Check
    files: list[str]
    findings: list[Finding]
    broken: str | None
    seconds: float

    def bad_files(self) -> int:
        return len({finding.file for finding in self.findings})


def judged(check: Check, tools: Tools, tree: Tree) -> Result:
    start = time.monotonic()
    files: list[str] = []
    findings: list[Finding] = []
    broken = None
    try:
        files = check.selects(tree)
        findings = check.judge(tools, tree, files) if files else []
    except Broken as error:
        broken = str(error)
    # A check that trips over what it reads must name itself, not take the others down.
    except Exception as error:  # noqa: BLE001
        broken = f"{type(error).__name__}: {error} (a file that is not as the check expects)"
    return Result(check, files, findings, broken, time.monotonic() - start)


def usable(tools: Tools, only: set[str]) -> list[Check]:
    known = {check.name for check in CHECKS}
    if unknown := only - known:
        sys.exit(f"validate: no such check: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    wanted = [check for check in CHECKS if not only or check.name in only]
    return [check for check in wanted if check.schema is None or tools.shared is not None]


def shown(result: Result, complete: bool) -> bool:
    """Prints one check's line and findings; answers whether it failed."""
    name, files = result.check.name, len(result.files)
    if result.broken:
        print(f"  BROKEN {name}: {result.broken}")
        return True
    if complete and not files and not result.check.rare:
        print(f"  FAILED {name}: saw no file in a tree that should have one")
        return True
    if not files:
        return False
    verdict = "FAILED" if result.findings else "ok    "
    print(f"  {verdict} {name}: {files} files, {len(result.findings)} findings, {result.seconds:.1f} s")
    for finding in result.findings:
        print(f"         {finding}")
    return bool(result.findings)


def main() -> int:
    parser = argparse.ArgumentParser(prog="validate")
    parser.add_argument("trees", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--complete", action="store_true", help="a check that sees no file fails")
    parser.add_argument("--only", default="", help="names of checks, separated by commas")
    options = parser.parse_args()
    tools = Tools.found()
    checks = usable(tools, set(filter(None, options.only.split(","))))
    left_out = [check.name for check in CHECKS if check.schema and tools.shared is None]
    if left_out:
        print(f"left out, as the reference schemas are not here: {', '.join(left_out)}")
    passed = failed = 0
    for source in options.trees:
        if not source.is_dir():
            sys.exit(f"validate: {source} is not a folder")
        print(f"{source}:")
        with tempfile.TemporaryDirectory(prefix="deployc-validate-") as scratch:
            tree = copied(source, Path(scratch) / "tree")
            with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                results = list(pool.map(lambda check: judged(check, tools, tree), checks))
        for result in results:
            bad = shown(result, options.complete)
            failed += max(result.bad_files(), 1) if bad else 0
            passed += len(result.files) - result.bad_files() if not result.broken else 0
    if passed == 0 and failed == 0:
        print("no file was validated at all")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
