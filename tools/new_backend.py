#!/usr/bin/env python3
"""./dev new-backend NAME [--http|--blocking]: a backend that compiles, is registered and can do nothing yet.

It touches four places: the backend's own files, a line of the table of protocols, a subject of the conformance suite,
and a page of the guide. --http: for a store that is spoken to over HTTP; it can read already. --blocking: for a library
whose calls block, each of which runs on a helper thread.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "tools/templates"


def filled(name: str, template: str) -> str:
    type_name = "".join(word.capitalize() for word in name.split("_"))
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return text.replace("@name@", name).replace("@NAME@", name.upper()).replace("@Type@", type_name)


def written(name: str, template: str, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    target.write_text(filled(name, template), encoding="utf-8")
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
    if options not in ([], ["--http"], ["--blocking"]) or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        sys.exit("usage: ./dev new-backend NAME [--http|--blocking]   (NAME: lower case, words joined by _)")
    header = ROOT / f"src/backends/{name}.h"
    if header.exists():
        sys.exit(f"{header.relative_to(ROOT)} exists")
    type_name = "".join(word.capitalize() for word in name.split("_"))
    table, subjects = ROOT / "src/backends/protocols.cc", ROOT / "tests/conformance/backends_under_test.cc"
    inserted(table, r'^#include "backends/(?!protocols)[^\n]*\n(?!#include)', f'#include "backends/{name}.h"\n')
    line = f'    {{"{name}", "What it is, in a few words", k{type_name}Options, &make_{name}}},\n'
    inserted(table, r"kProtocols\[\] = \{\n(?:    \{.*\n)*", line)
    http = options == ["--http"]
    subject = filled(name, "http_subject.in" if http else "subject.in")
    inserted(subjects, r"backends_under_test\(\) \{\n  std::vector<BackendUnderTest> all\{\n", subject)
    written(name, "http.h.in" if http else "plain.h.in", header)
    written(name, f"{options[0].strip('-') if options else 'plain'}.cc.in", ROOT / f"src/backends/{name}.cc")
    written(name, "page.md.in", ROOT / f"docs/backends/{name}.md")
    print("next: the protocol in its first comment, the operations in the order of backend.h, ./dev test conformance;")
    print(f"tests of its pure functions go to tests/unit/backends/{name}_test.cc")


if __name__ == "__main__":
    main()
