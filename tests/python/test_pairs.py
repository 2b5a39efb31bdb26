"""Copies and moves between every two kinds of storage: what arrives is what was there, and nothing goes before that."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from genro_storage import StorageManager
from genro_storage.exceptions import StorageError
from process_memory import PEAK, weighs_memory
from served import SERVERS

# One server of each protocol, and what is no server.
AT_HOME = ("local", "memory")
WRITABLE = (*AT_HOME, "minio", "fake_gcs", "azurite", "apache")
READABLE = (*WRITABLE, "nginx", "github")
PAIRS = [pytest.param(pair, id=" to ".join(pair)) for pair in itertools.product(READABLE, WRITABLE)]
MOVES = [pytest.param(pair, id=" to ".join(pair)) for pair in itertools.product(WRITABLE, WRITABLE)]
KEEPS_METADATA = {"minio", "fake_gcs", "azurite"}
CONTENT = bytes(range(256)) * 1000 + b"odd"
TREE = {
    f"{folder}{index:02}": f"{folder}{index}".encode() * 100 for folder in ("", "d/", "d/e/") for index in range(10)
}


@dataclass
class Pair:
    """The manager with `from` and `to`, the kinds and configurations of both, and how another client fills `from`."""

    storage: StorageManager
    source: str
    target: str
    mounts: list[dict[str, Any]]
    stored_type: Callable[[str], str] | None  # of a file of `to`, as another client is told
    put: Callable[[dict[str, bytes]], None] | None

    async def fill(self, files, io):
        if self.put:
            self.put(files)
            return
        for path, content in files.items():
            await io(self.storage.node("from", path).write_bytes(content))


@pytest.fixture
def pair(request, tmp_path):
    storage, mounts, servers = StorageManager(), [], []
    with contextlib.ExitStack() as stack:
        for kind, name in zip(request.param, ("from", "to"), strict=True):
            folder = tmp_path / name
            folder.mkdir()
            server = None if kind in AT_HOME else stack.enter_context(SERVERS[kind](folder))
            config = server.config if server else {"protocol": kind, "base_path": str(folder)}
            mounts.append(config | {"name": name})
            servers.append(server)
        storage.configure(mounts)
        source, target = servers
        yield Pair(storage, *request.param, mounts, target and target.media_type, source and source.fill)


@pytest.mark.parametrize("pair", PAIRS, indirect=True)
async def test_a_copy_has_the_content_and_what_is_said_of_it(pair, io):
    storage = pair.storage
    node, copy = storage.node("from:a.txt"), storage.node("to:b.bin")
    metadata = {}
    if pair.source in KEEPS_METADATA:
        node.mimetype = "text/x-own"
        await io(node.write_bytes(CONTENT))
        metadata = {"owner": "me", "note": "x y"}
        await io(node.set_metadata(metadata))
    else:
        await pair.fill({"a.txt": CONTENT}, io)
    await io(node.copy_to(copy))
    assert await io(copy.read_bytes()) == CONTENT
    assert await io(copy.size()) == len(CONTENT)
    assert await io(node.read_bytes()) == CONTENT
    if metadata and pair.target in KEEPS_METADATA:
        assert await io(copy.get_metadata()) == metadata
        assert pair.stored_type("b.bin") == "text/x-own"
    if pair.source in AT_HOME and pair.target == "local":
        assert await io(copy.mtime()) == pytest.approx(await io(node.mtime()), abs=2)


@pytest.mark.full_only
@pytest.mark.loop_only
@pytest.mark.parametrize("pair", PAIRS, indirect=True)
async def test_a_tree_is_copied_whole(pair, io):
    storage = pair.storage
    if pair.source == "nginx":
        pytest.skip("nginx lists nothing")
    await pair.fill({f"in/{path}": content for path, content in TREE.items()}, io)
    await io(storage.node("from:in").copy_to("to:out"))
    found = {}
    for node in await io(storage.node("to:out").find(type="file")):
        found[node.path.removeprefix("out/")] = await io(node.read_bytes())
    assert found == TREE


@pytest.mark.full_only
@pytest.mark.loop_only
@pytest.mark.parametrize("pair", MOVES, indirect=True)
async def test_a_move_takes_the_source_away_and_only_after_that_it_is_there(pair, io):
    storage = pair.storage
    await pair.fill({"a.txt": CONTENT}, io)
    await io(storage.node("from:a.txt").move_to("to:moved"))
    assert await io(storage.node("to:moved").read_bytes()) == CONTENT
    assert await io(storage.node("from:a.txt").exists()) is False


@pytest.mark.full_only
@pytest.mark.loop_only
@pytest.mark.parametrize("pair", [p for p in MOVES if p.values[0][1] not in AT_HOME], indirect=True)
async def test_a_move_that_nobody_lets_in_leaves_the_source(pair, io):
    storage = pair.storage
    await pair.fill({"a.txt": CONTENT}, io)
    storage.add_mount({"name": "closed", "path": "to:", "permissions": "readonly"})
    with pytest.raises(StorageError, match="closed:moved"):
        await io(storage.node("from:a.txt").move_to("closed:moved"))
    assert await io(storage.node("from:a.txt").read_bytes()) == CONTENT
    assert await io(storage.node("to:moved").exists()) is False


WEIGH = (
    PEAK
    + """
import json, sys
from genro_storage import StorageManager

storage = StorageManager()
storage.configure(json.loads(sys.argv[1]))
piece = bytes(1 << 20)
for name, count in (("warm", 40), ("big", 100)):
    with storage.node("from", name).open("wb") as file:
        for _ in range(count):
            file.write(piece)
storage.node("from:warm").copy_to("to:warm")
before = peak()
storage.node("from:big").copy_to("to:big")
assert storage.node("to:big").size() == 100 << 20
print(peak() - before)
"""
)


# Once for each kind of pair: a disk and a server, two servers of one kind, of two kinds.
@weighs_memory
@pytest.mark.full_only
@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(pair, id=" to ".join(pair))
        for pair in [
            ("local", "minio"),
            ("minio", "local"),
            ("minio", "apache"),
            ("apache", "azurite"),
        ]
    ],
    indirect=True,
)
def test_a_large_copy_takes_no_memory_of_its_size(pair):
    done = subprocess.run(
        [sys.executable, "-c", WEIGH, json.dumps(pair.mounts)],
        capture_output=True,
        text=True,
        timeout=200,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 48 << 20
