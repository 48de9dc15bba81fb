#!/usr/bin/env python3
"""Reads every NAME.toml of a folder with tomllib and compares it with NAME.json: `read.py FOLDER`.

`cargo test --test render` leaves such a folder in target/tmp/toml_readers.
"""

import json
import pathlib
import sys
import tomllib


def main() -> int:
    pairs = sorted(pathlib.Path(sys.argv[1]).glob("*.toml"))
    wrong = 0
    for path in pairs:
        meant = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        try:
            found = tomllib.loads(path.read_bytes().decode("utf-8"))
        except tomllib.TOMLDecodeError as error:
            found = str(error)
        if found != meant:
            wrong += 1
            print(f"{path.name}: tomllib reads something else\n  meant: {meant!r}\n  found: {found!r}")
    print(f"tomllib: {len(pairs) - wrong} of {len(pairs)} files read as meant")
    return 1 if wrong or not pairs else 0


if __name__ == "__main__":
    sys.exit(main())
