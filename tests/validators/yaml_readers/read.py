#!/usr/bin/env python3
"""Reads every NAME.yaml of a folder with PyYAML (YAML 1.1) and compares it with NAME.json: `read.py FOLDER`."""

import json
import pathlib
import sys

import yaml


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    pairs = sorted(folder.glob("*.yaml"))
    wrong = 0
    for path in pairs:
        meant = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        try:
            found = list(yaml.safe_load_all(path.read_bytes()))
        except (yaml.YAMLError, ValueError) as error:
            found = str(error)
        if found != meant:
            wrong += 1
            print(f"{path.name}: PyYAML reads something else\n  meant: {meant!r}\n  found: {found!r}")
    print(f"PyYAML {yaml.__version__}: {len(pairs) - wrong} of {len(pairs)} files read as meant")
    return 1 if wrong or not pairs else 0


if __name__ == "__main__":
    sys.exit(main())
