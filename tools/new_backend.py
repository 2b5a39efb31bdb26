#!/usr/bin/env python3
"""./dev new-backend NAME [--blocking]: a backend that compiles, is registered and can do nothing yet.

It touches four places: the backend's own files, a line of the table of protocols, a subject of the conformance suite,
and a page of the guide. --blocking: for a library whose calls block, each of which runs on a helper thread.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "tools/templates"


def written(name: str, kind: str, target: Path) -> None:
    words = name.split("_")
    text = (TEMPLATES / kind).read_text(encoding="utf-8")
    target.parent.mkdir(exist_ok=True)
    target.write_text(text.replace("@name@", name).replace("@Type@", "".join(w.capitalize() for w in words)))
    print(f"wrote   {target.relative_to(ROOT)}")


def inserted(target: Path, anchor: str, line: str) -> None:
    text = target.read_text(encoding="utf-8")
    found = re.search(anchor, text, re.MULTILINE)
    if not found:
        sys.exit(f"{target.relative_to(ROOT)}: found no place for: {line.strip()}")
    target.write_text(text[: found.end()] + line + text[found.end() :])
    print(f"changed {target.relative_to(ROOT)}: {line.strip()}")


def main() -> None:
    name, *options = sys.argv[1:] or [""]
    if options not in ([], ["--blocking"]) or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        sys.exit("usage: ./dev new-backend NAME [--blocking]   (NAME: lower case, words joined by _)")
    header = ROOT / f"src/backends/{name}.h"
    if header.exists():
        sys.exit(f"{header.relative_to(ROOT)} exists")
    type_name = "".join(word.capitalize() for word in name.split("_"))
    table, subjects = ROOT / "src/backends/protocols.cc", ROOT / "tests/conformance/subjects.cc"
    inserted(table, r'^#include "backends/(?!protocols)[^\n]*\n(?!#include)', f'#include "backends/{name}.h"\n')
    line = f'    {{"{name}", "What it is, in a few words", k{type_name}Options, &make_{name}}},\n'
    inserted(table, r"kProtocols\[\] = \{\n(?:    \{.*\n)*", line)
    mount = f'mount("{name}", {{{{"base_path", ground.unique()}}}})'
    line = f'      {{"{name}", [](Ground& ground) {{ return {mount}; }}}},\n'
    inserted(subjects, r"subjects\(\) \{\n  return \{\n", line)
    written(name, "backend.h.in", header)
    written(name, "backend_blocking.cc.in" if options else "backend.cc.in", ROOT / f"src/backends/{name}.cc")
    written(name, "page.md.in", ROOT / f"docs/backends/{name}.md")
    print("next: the protocol in its first comment, the operations in the order of backend.h, ./dev test conformance;")
    print(f"tests of its pure functions go to tests/unit/backends/{name}_test.cc")


if __name__ == "__main__":
    main()
