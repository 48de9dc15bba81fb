"""Runs every scenario and compares the evaluator of expressions with GitHub's own."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from validator.core import Tools

from . import scenarios
from .oracle import disagreements
from .scenario import Wrong


def discovered(only: set[str]) -> list[tuple[str, Callable[[], None]]]:
    found = []
    for module in pkgutil.iter_modules(scenarios.__path__):
        stories = importlib.import_module(f"{scenarios.__name__}.{module.name}")
        named = [(f"{module.name}.{name}", story) for name, story in vars(stories).items() if name.startswith("test_")]
        found += [(name, story) for name, story in named if not only or any(word in name for word in only)]
    return found


def told(name: str, story: Callable[[], None]) -> tuple[str, str | None, float]:
    start = time.monotonic()
    wrong = None
    try:
        story()
    except Wrong as error:
        wrong = str(error)
    except Exception:  # noqa: BLE001
        wrong = traceback.format_exc()
    return name, wrong, time.monotonic() - start


def main() -> int:
    stories = discovered(set(sys.argv[1:]))
    compared, wrong = disagreements(Tools.found())
    for one in wrong:
        print(f"  FAILED expression {one}")
    failed = len(wrong)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for name, message, seconds in pool.map(lambda one: told(*one), stories):
            print(f"  {'FAILED' if message else 'ok    '} {name} ({seconds:.1f} s)")
            if message:
                failed += 1
                print("         " + message.replace("\n", "\n         "))
    print(f"{compared} expressions compared with GitHub's own evaluator, {len(stories)} scenarios")
    print(f"{compared + len(stories) - failed} passed, {failed} failed")
    return 1 if failed or not stories else 0


if __name__ == "__main__":
    sys.exit(main())
