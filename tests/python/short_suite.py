"""The short suite, GENRO_TEST_SHORT=1: what a module that is only built in another way has to show.

./dev test runs all tests on the release build. It runs the short suite on the build with AddressSanitizer and on every
other Python, where each way across the boundary between Python and the engine is worth its time once, and no more:

- One server instead of three. Of a test's cases on MinIO, versitygw and moto those on the first of them stay: the
  servers differ in what they answer, and answers are read by the same code in every build.
- No test that is marked `full_only`. It measures time, memory or processes, which another build changes by its nature;
  or it waits out real delays, works on hundreds of megabytes, or compares with another library, and what it proves is
  the engine's, however that was built.

Both worlds stay, and so do all mounts that are no servers: they cross the boundary in ways of their own.
"""

from __future__ import annotations

import os

import pytest

SERVERS = ("minio", "versitygw", "moto")


def is_wanted() -> bool:
    return os.environ.get("GENRO_TEST_SHORT") == "1"


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes from the collected tests what the short suite leaves out."""
    there = {item.nodeid for item in items}
    left_out = [item for item in items if item.get_closest_marker("full_only") or is_served_before(item, there)]
    gone = set(left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in gone]


def is_served_before(item: pytest.Item, there: set[str]) -> bool:
    """Whether the same case runs on a server that comes earlier."""
    name, bracket, case = item.nodeid.partition("[")
    words = case.removesuffix("]").split("-")
    for at, word in enumerate(words):
        for earlier in SERVERS[: SERVERS.index(word)] if word in SERVERS else ():
            if f"{name}{bracket}{'-'.join([*words[:at], earlier, *words[at + 1 :]])}]" in there:
                return True
    return False
