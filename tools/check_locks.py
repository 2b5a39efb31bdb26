#!/usr/bin/env python3
"""Fails where a forked child could inherit a lock that is held: all are of the types in src/core/mutex.h."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = {"src/core/mutex.h", "src/core/mutex.cc"}
LOCK = re.compile(
    r"(?<!_lock<)(?<!_guard<)std::(?:recursive_|shared_)?(?:timed_)?mutex\b"
    r"|std::(?:once_flag|call_once|condition_variable\w*|latch|barrier|\w*semaphore)\b"
    r"|\bpthread_(?:mutex|rwlock|cond|spin|once|atfork)\w*"
)
# The static of a function is made under a guard of the compiler's. Those of src/python are made under Python's lock:
# without that nobody forks.
LOCAL_STATIC = re.compile(
    r"^\s+static (?!constexpr|constinit|inline|thread_local|std::atomic<\w+>)[\w:<>,*& ]+\w(?: = |\{)"
)
# Where one is right: nobody in a child looks at what it belongs to.
RIGHT = {
    ("src/loop/thread_pool.cc", "std::condition_variable"),  # a child has a pool of its own
    ("src/loop/run.cc", "pthread_atfork"),  # counts the forks
}


def faults_of(path: Path) -> list[str]:
    name = str(path.relative_to(ROOT))
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = line.split("//")[0]
        for match in LOCK.finditer(code):
            if (name, match[0]) not in RIGHT:
                found.append(f"{name}:{number}: {match[0]}; a lock is a Mutex, SharedMutex or LongMutex (core/mutex.h)")
        if name.startswith("src/python/"):
            continue
        if LOCAL_STATIC.match(code):
            found.append(f"{name}:{number}: the static of a function is constinit: a Lasting (core/mutex.h)")
    return found


def main() -> int:
    files = [file for folder in ("include", "src") for file in sorted((ROOT / folder).rglob("*.[hc]*"))]
    found = [fault for file in files if str(file.relative_to(ROOT)) not in HOME for fault in faults_of(file)]
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
