"""A disk that is really full: a file system of 4 MiB in a mount namespace of its own, if the system allows it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import asyncio, errno, inspect, json, os, sys
from genro_storage import StorageError, StorageManager

root, world = sys.argv[1:]
storage = StorageManager()
storage.configure([
    {"name": "full", "protocol": "local", "base_path": root},
    {"name": "mem", "protocol": "memory", "base_path": "full-disk"},
])
OLD, BIG = b"o" * (1 << 20), b"n" * (4 << 20)
found = {}

async def attempt(name, make):
    try:
        result = make()
        if inspect.isawaitable(result):
            await result
    except OSError as error:
        found[name] = [error.errno == errno.ENOSPC, isinstance(error, StorageError), root in str(error)]
    else:
        found[name] = "no error"

async def value(result):
    return await result if inspect.isawaitable(result) else result

async def stream():
    if world == "sync":
        with storage.node("full:old").open("wb") as file:
            for _ in range(64):
                file.write(BIG[:65536])
    else:
        async with storage.node("full:old").open("wb") as file:
            for _ in range(64):
                await file.write(BIG[:65536])

async def scenario():
    await value(storage.node("full:old").write_bytes(OLD))
    await value(storage.node("mem:big").write_bytes(BIG))
    await value(storage.node("mem:tree/a").write_bytes(BIG))
    await attempt("write", lambda: storage.node("full:old").write_bytes(BIG))
    await attempt("new file", lambda: storage.node("full:new").write_bytes(BIG))
    await attempt("stream", stream)
    await attempt("copy", lambda: storage.node("mem:big").copy_to("full:old"))
    await attempt("tree", lambda: storage.node("mem:tree").copy_to("full:tree"))
    await attempt("move", lambda: storage.node("mem:big").move_to("full:moved"))
    found["old content"] = (await value(storage.node("full:old").read_bytes())) == OLD
    found["source of the move"] = (await value(storage.node("mem:big").read_bytes())) == BIG
    found["files"] = sorted(os.path.join(d, f) for d, _, files in os.walk(root) for f in files)
    found["after room was made"] = await value(storage.node("full:old").write_bytes(b"fits"))

if world == "loop":
    asyncio.run(scenario())
else:
    try:
        scenario().send(None)
    except StopIteration:
        pass
print(json.dumps(found))
"""


def run_on_a_small_disk(folder: Path, world: str) -> dict[str, Any]:
    mount = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "${@:2}"'
    command = ["unshare", "--map-root-user", "--mount", "bash", "-c", mount, "bash", str(folder)]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a file system in a namespace")
    done = subprocess.run(
        [*command, sys.executable, "-c", SCRIPT, str(folder), world], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("driver", ["sync", "loop"])
def test_a_full_disk_is_a_typed_error_and_costs_nothing(tmp_path: Path, driver: str) -> None:
    found = run_on_a_small_disk(tmp_path, driver)
    says_no_space, is_ours, names_the_folder = True, True, False
    for operation in ("write", "new file", "stream", "copy", "tree", "move"):
        assert found[operation] == [says_no_space, is_ours, names_the_folder], operation
    assert found["old content"] is True
    assert found["source of the move"] is True
    assert found["files"] == [str(tmp_path / "old")]
    assert found["after room was made"] is True
