#!/usr/bin/env python3
"""Length limits (a unit over 350 lines is a warning, a file over 500 fails), file names, words that must not appear."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOFT_UNIT, HARD_FILE = 350, 500
CODE = {".cc", ".h", ".py", ".pyi", ".sh", ""}
NAMELESS = re.compile(r"(^|[_/])(utils?|helpers?|common|misc|impl)([_./]|$)")
# Put together from pieces so that this file does not contain what it looks for.
HOSTS = [
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("proxy.", "golang"),
        ("npmjs", ".org"),
        ("crates", ".io"),
    )
]
MACHINE_PATHS = r"(?<![\w.$}-])/(?:" + "|".join(["wor" + "k", "roo" + "t"]) + r")/\w"
FORBIDDEN = re.compile("|".join([MACHINE_PATHS, *map(re.escape, HOSTS)]))


def tracked_files() -> list[Path]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for name in sorted(set(names)) if (path := ROOT / name).is_file() and not path.is_symlink()]


def main() -> int:
    failures, warnings = [], []
    units: dict[Path, int] = defaultdict(int)
    for path in tracked_files():
        name = path.relative_to(ROOT)
        if NAMELESS.search(str(name)):
            failures.append(f"{name}: say what it holds; not utils, helpers, common, misc or impl")
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        if path.suffix in CODE:
            units[name.with_suffix("") if path.suffix in {".cc", ".h"} else name] += len(lines)
            if len(lines) > HARD_FILE:
                failures.append(f"{name}: {len(lines)} lines, {HARD_FILE} at most")
        for number, line in enumerate(lines, 1):
            if match := FORBIDDEN.search(line):
                failures.append(f"{name}:{number}: {match[0]!r} does not belong in the repository")
    for name, length in units.items():
        if length > SOFT_UNIT and name.parts[0] != "tests":
            warnings.append(f"warning: {name}: {length} lines; is it still one idea?")
    print("\n".join(warnings + failures))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
