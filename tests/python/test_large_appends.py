"""Large appends to local files: whole or not at all, whatever ends them, and over when they are reported as over."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

OLD = b"old content\n" * 1000
ADDED = 48 << 20

APPENDER = """
import asyncio, os, sys
from genro_storage import StorageManager

storage = StorageManager()
storage.configure([{"name": "home", "protocol": "local", "base_path": sys.argv[1], "durable": False}])
node, data = storage.node("home:log"), b"n" * int(sys.argv[2])
print("ready", flush=True)

async def append():
    try:
        await asyncio.wait_for(node.append(data), float(sys.argv[4]))
    except asyncio.TimeoutError:
        print("timeout", os.path.getsize(sys.argv[1] + "/log"), flush=True)
    else:
        print("done", flush=True)

if sys.argv[3] == "loop":
    asyncio.run(append())
else:
    node.append(data)
    print("done", flush=True)
"""


def start(folder: Path, world: str, seconds: float = 60) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPENDER, str(folder), str(ADDED), world, str(seconds)]
    appender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert appender.stdout is not None
    assert appender.stdout.readline() == "ready\n"
    return appender


def is_old_or_whole(folder: Path) -> bool:
    """Whether the file is whole; no in-between is allowed."""
    content = (folder / "log").read_bytes()
    if content == OLD:
        return False
    assert len(content) == len(OLD) + ADDED
    assert content.startswith(OLD)
    assert content.count(b"n", len(OLD)) == ADDED
    return True


@pytest.mark.full_only
@pytest.mark.parametrize("driver", ["sync", "loop"])
def test_a_killed_append_is_whole_or_not_at_all(tmp_path: Path, driver: str) -> None:
    (tmp_path / "log").write_bytes(OLD)
    chance = random.Random(9)
    for _ in range(8):
        (tmp_path / "log").write_bytes(OLD)
        appender = start(tmp_path, driver)
        try:
            appender.communicate(timeout=chance.uniform(0, 0.08))
        except subprocess.TimeoutExpired:
            os.kill(appender.pid, signal.SIGKILL)
        appender.communicate(timeout=60)
        is_old_or_whole(tmp_path)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.005, 0.02, 60])
def test_what_timed_out_does_not_happen_afterwards(tmp_path: Path, seconds: float) -> None:
    (tmp_path / "log").write_bytes(OLD)
    with start(tmp_path, "loop", seconds) as appender:
        assert appender.stdout is not None
        told = appender.stdout.read()  # by the buffer that has seen "ready"
    assert appender.returncode == 0
    # A stop that came when the last step had begun finds the append made, which then is so before the stop is told.
    size_when_told = int(told.split()[1]) if told.startswith("timeout") else len(OLD) + ADDED
    assert is_old_or_whole(tmp_path) == (size_when_told == len(OLD) + ADDED)
    assert (tmp_path / "log").stat().st_size == size_when_told
    assert os.listdir(tmp_path) == ["log"]


async def test_small_and_large_appends_add_up(storage, io, root):
    node = storage.node("home:log")
    expected = b""
    for size in (10, 3 << 20, 10, 2 << 20, 1 << 20, (1 << 20) + 1):
        await io(node.append(b"%d" % (size % 10) * size))
        expected += b"%d" % (size % 10) * size
    assert await io(node.read_bytes()) == expected


async def test_a_large_append_keeps_permission_bits_and_goes_into_a_file_with_other_names(storage, io, root):
    node = storage.node("home:log")
    await io(node.write_bytes(OLD))
    os.chmod(root + "/log", 0o640)
    await io(node.append(b"n" * (2 << 20)))
    assert os.stat(root + "/log").st_mode & 0o777 == 0o640
    os.link(root + "/log", root + "/other-name")
    await io(node.append(b"m" * (2 << 20)))
    with open(root + "/other-name", "rb") as other:
        assert other.read() == OLD + b"n" * (2 << 20) + b"m" * (2 << 20)


async def test_a_little_at_the_end_of_a_huge_file_goes_into_it(storage, io, root):
    with open(root + "/log", "wb") as file:
        file.truncate(1 << 30)
    before = os.stat(root + "/log").st_ino
    await io(storage.node("home:log").append(b"n" * (2 << 20)))
    status = os.stat(root + "/log")
    assert (status.st_size, status.st_ino) == ((1 << 30) + (2 << 20), before)
