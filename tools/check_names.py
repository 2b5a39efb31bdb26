#!/usr/bin/env python3
"""Fails where two files that may be compiled as one give the same name in their unnamed namespaces.

Builds for release and sanitizers compile eight files of a tier as one (CMAKE_UNITY_BUILD): which eight changes with
every file that comes, so a name that is given twice within a tier is an error sooner or later. Functions that differ in
their parameters are overloads, and may stand side by side.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ALONE = {
    "src/python",
    "tests/faults",
    "tests/fuzz",
    "tests/install",
    "tests/loadable",
}  # whose files are never compiled as one

NOTHING = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    r"|^[ \t]*#(?:\\\n|[^\n])*|\[\[[^\]]*\]\]",
    re.DOTALL | re.MULTILINE,
)
TOKEN = re.compile(r"[A-Za-z_]\w*|::|[0-9][\w.']*|->|[^\s\w]")
NAME = re.compile(r"[A-Za-z_]\w*$")
TYPES = {"struct", "class", "union", "enum"}
OTHER = {"using", "static_assert", "extern", "friend", "typedef"}


class Given(NamedTuple):
    """A name, the namespaces around it, and what it is: "function(parameters)", "type" or "constant"."""

    scope: str
    name: str
    kind: str
    line: int


def names_in(text: str) -> Iterator[Given]:
    """What the unnamed namespaces of a file define."""
    code = NOTHING.sub(lambda match: (" 0 " if match[0][0] in "\"'R" else " ") + "\n" * match[0].count("\n"), text)
    found = list(TOKEN.finditer(code))
    words = [match[0] for match in found]
    line_of = lambda at: code.count("\n", 0, found[at].start()) + 1  # noqa: E731
    scopes: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "}":
            if scopes:
                scopes.pop()
            at += 1
        elif word == "namespace" or (word == "inline" and words[at + 1] == "namespace"):
            brace = next(i for i in range(at, len(words)) if words[i] in "{;=")
            if words[brace] == "{":
                named = [word for word in words[at:brace] if word not in ("inline", "namespace")]
                scopes.append("".join(named))
                at = brace + 1
            else:
                at = statement_end(words, at)
        elif word == "extern" and words[at + 1] == "0" and words[at + 2] == "{":
            scopes.append("extern")
            at += 3
        else:
            end = statement_end(words, at)
            if "" in scopes:
                outside = "::".join(scope for scope in scopes if scope and scope != "extern")
                yield from definition(words[at:end], outside, line_of(at))
            at = end


def closing(words: list[str], at: int) -> int:
    """Behind the bracket that closes the one here."""
    depth = 0
    for i in range(at, len(words)):
        depth += words[i] in "([{"
        depth -= words[i] in ")]}"
        if depth == 0:
            return i + 1
    return len(words)


def statement_end(words: list[str], at: int) -> int:
    """Behind the semicolon, or behind the body of a function."""
    i = angle_end(words, at + 1) if words[at] == "template" else at
    called = initialised = False  # it has had parameters, it has had a "="
    while i < len(words):
        word = words[i]
        if word == ";":
            return i + 1
        if word == "}":
            return i
        if word == "=" and "operator" not in words[at:i]:
            called, initialised = False, True
        if word == "(":
            called = not initialised
            i = closing(words, i)
        elif word == "{":
            member = NAME.match(words[i - 1]) and ":" in words[at:i]
            i = closing(words, i)
            if called and not (member and i < len(words) and words[i] in ",{"):
                return i
        else:
            i += 1
    return i


def definition(words: list[str], scope: str, line: int) -> Iterator[Given]:
    if words[0] == "template":
        words = words[angle_end(words, 1) :]
    if not words or words[0] in OTHER or words[0] == ";":
        return
    if words[0].startswith("TEST") and words[1] == "(":
        yield Given(scope, "_".join(words[2 : words.index(")")]).replace("_,", ""), "test", line)
        return
    if words[0] in TYPES and "{" in words:
        names = [word for word in words[1 : words.index("{")] if word not in ("class", "struct", "final")]
        if names and NAME.match(names[0]):
            yield Given(scope, names[0], "type", line)
        return
    i = 0
    while i < len(words) and words[i] not in ("(", "=", "{", ";", "["):
        i = angle_end(words, i) if words[i] == "<" else i + 1
    if i == len(words) or i < 2 or not NAME.match(words[i - 1]) or words[i - 2] == "::" or "operator" in words[:i]:
        return
    if words[i] != "(":
        if words[i] != ";" or words[0] not in TYPES:
            yield Given(scope, words[i - 1], "constant", line)
    elif words[-1] != ";":  # or it is only declared
        yield Given(scope, words[i - 1], f"function({', '.join(parameters(words[i + 1 :]))})", line)


def angle_end(words: list[str], at: int) -> int:
    depth = 0
    for i in range(at, len(words)):
        depth += (words[i] == "<") - (words[i] == ">")
        if depth == 0:
            return i + 1
    return len(words)


def parameters(words: list[str]) -> list[str]:
    """The types of what stands before the closing parenthesis, without names and defaults."""
    found: list[list[str]] = [[]]
    depth, default = 0, False
    for word in words:
        if word == ")" and depth == 0:
            break
        depth += (word in "(<[{") - (word in ")>]}")
        if word == "," and depth == 0:
            found.append([])
            default = False
        elif word == "=" and depth == 0:
            default = True
        elif not default:
            found[-1].append(word)
    return [" ".join(one[:-1] if is_named(one) else one) for one in found if one]


def is_named(parameter: list[str]) -> bool:
    return len(parameter) > 1 and NAME.match(parameter[-1]) is not None and parameter[-2] not in ("::", "const")


def tiers() -> dict[str, list[Path]]:
    """By the folder of what is compiled together, its files."""
    folders = [*(ROOT / "src").iterdir(), *(ROOT / "tests/unit").iterdir(), *(ROOT / "tests").iterdir()]
    names = {str(folder.relative_to(ROOT)): sorted(folder.rglob("*.cc")) for folder in folders if folder.is_dir()}
    return {name: files for name, files in sorted(names.items()) if files and name not in {*ALONE, "tests/unit"}}


def faults_of(files: list[Path]) -> list[str]:
    given: dict[tuple[str, str], list[tuple[Path, Given]]] = {}
    found = []
    for file in files:
        for one in names_in(file.read_text(encoding="utf-8")):
            for path, other in given.setdefault((one.scope, one.name), []):
                if path != file and (one.kind == other.kind or not one.kind.startswith(other.kind.split("(")[0])):
                    found.append(f"{file}:{one.line}: {one.name} is given in {path}:{other.line}, too")
            given[one.scope, one.name].append((file, one))
    return found


def main() -> int:
    found = [fault for files in tiers().values() for fault in faults_of(files)]
    print("\n".join(found).replace(f"{ROOT}/", ""), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
