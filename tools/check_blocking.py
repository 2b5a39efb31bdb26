#!/usr/bin/env python3
"""Fails where code that a reactor may run waits: a task run by .get(), or a call that blocks.

A coroutine runs on the reactor, or on Python's loop with the GIL held; who waits there holds up every other operation.
Tasks are awaited, and blocking calls stand in a function given to offload(). What may block all the same is listed.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIERS = ["net", "auth", "backend", "backends", "layers", "node", "manager", "python"]

# Why each of these files (or all that begin so) may block. A call inside of an offload([...]{...}) needs no entry.
MAY_BLOCK = {
    "auth/small_file.cc": "reads small files, called through offload()",
    "auth/aws/credentials_process.cc": "runs the user's program, called through offload()",
    "auth/netrc.cc": "a configuration is read by the thread that gives it",
    "backend/body_bytes.cc": "the place that knows which bodies are in memory",
    "backends/loadable.cc": "a shared object is loaded by the thread that configures",
    "backends/shared_object.cc": "a shared object is loaded by the thread that configures",
    "backends/local": "the file system, called through offload()",
    "manager/config_file.cc": "a configuration is read by the thread that gives it",
    "manager/references.cc": "a configuration is read by the thread that gives it",
    "backend/temp_file.cc": "called through offload()",
    "node/overlap.cc": "whether two paths are one file, called through offload()",
    "node/transfer/tree_batch.cc": "a part of a tree, on a helper thread that drives its own tasks",
    "python/asyncio/dual.h": "the one place that runs a task for a caller who waits",
    "python/asyncio/loop_channel.cc": "a pipe that does not block",
    "python/backend/writer.cc": "a backend written in Python, called through offload()",
}

BLOCKING = re.compile(
    r"(?<![\w.>])(?:::|std::)?(open|openat|read|pread|preadv|write|pwrite|fsync|fdatasync|fopen|fread|fwrite|popen|pclose|"
    r"system|getaddrinfo|waitpid|sleep|usleep|nanosleep|poll|select)\s*\(|"
    r"\bstd::(?:i|o)?fstream\b|\bstd::filesystem::|\bsleep_for\s*\(|\bsleep_until\s*\(std::|\bcondition_variable\b|"
    r"\bstd::(?:future|async|latch|barrier)\b"
)
# Only what is certainly the system's: a call with its scope, or one of names that nothing of ours has.
SYSTEM = re.compile(
    r"(?<![\w>])::\s*\w+\s*\(|fopen|fread|fwrite|popen|pclose|getaddrinfo|waitpid|sleep_for|fstream|std::"
)
TASK = re.compile(r"\bTask<[^;=()]*>\s+(\w+)\s*[=({;]")
RUN_HERE = re.compile(r"(?:std::move\((\w+)\)|\b(\w+))\.(?:get|result)\(\)")
RUN_CALL = re.compile(r"\)\.(?:get|result)\(\)")
# Calls whose .get() is a pointer's.
POINTERS = re.compile(
    r"(?:detached_mount\(\)|checked\(.*\)|call_method\(.*\)|(?<![\w.>])get\(.*\)|Ref::\w+\(.*\)|name_to_python\(.*\))\.get\(\)"
)
FILE_BODY = re.compile(r"\bbody\S*\.flatten\(\)")
LOOKED_BACK = 6  # lines in which the body may be asked what it is


def without_comments(text: str) -> str:
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])  # noqa: E731
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.DOTALL)


def offloaded(text: str) -> list[tuple[int, int]]:
    """Where the arguments of offload() stand."""
    spans = []
    for match in re.finditer(r"\boffload(?:_elsewhere)?\(", text):
        depth, at = 1, match.end()
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        spans.append((match.end(), at))
    return spans


def complaints(name: str, source: str) -> list[str]:
    text = without_comments(source)
    spans = offloaded(text)
    tasks = set(TASK.findall(text))
    found = []

    def note(match: re.Match[str], why: str) -> None:
        if any(begin <= match.start() < end for begin, end in spans):
            return
        line = text.count("\n", 0, match.start()) + 1
        found.append(f"src/{name}:{line}: {why}: {match[0].strip()}")

    for match in RUN_HERE.finditer(text):
        if (match[1] or match[2]) in tasks:
            note(match, "a task is run where it should be awaited")
    if not name.startswith("python/"):
        for match in RUN_CALL.finditer(text):
            begin = text.rfind("\n", 0, match.start()) + 1
            if not POINTERS.search(text[begin : match.end()]):
                note(match, "a task is run where it should be awaited")
    for match in BLOCKING.finditer(text):
        if SYSTEM.search(match[0]):
            note(match, "a blocking call outside of offload()")
    for match in FILE_BODY.finditer(text):
        before = text[: match.start()].splitlines()[-LOOKED_BACK:]
        if any("is_file()" in line for line in before):
            continue
        note(match, "reads the disk when the body is a file; bytes_of() does not block")
    return found


def main() -> int:
    found = []
    for tier in TIERS:
        for path in sorted([*(ROOT / "src" / tier).rglob("*.h"), *(ROOT / "src" / tier).rglob("*.cc")]):
            name = path.relative_to(ROOT / "src").as_posix()
            if not name.startswith(tuple(MAY_BLOCK)):
                found += complaints(name, path.read_text(encoding="utf-8"))
    gone = [name for name in MAY_BLOCK if not list((ROOT / "src").glob(f"{name}*"))]
    found += [f"tools/check_blocking.py: {name} is gone" for name in gone]
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
