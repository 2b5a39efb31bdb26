"""Functions and backends of the user's that use the library again: they always come to their end, and get values."""

from __future__ import annotations

import asyncio
import threading

import pytest

MANY = 40  # more than there are helper threads without need
GENEROUS = 60  # seconds


async def all_of(operations):
    return await asyncio.wait_for(asyncio.gather(*operations), GENEROUS)


def trees(storage, mount):
    for i in range(MANY):
        for name in ("a", "b"):
            storage.node(f"{mount}:tree{i}/{name}").write_bytes(name.encode())


@pytest.fixture
def filled(storage):
    trees(storage, "home")
    return storage


@pytest.mark.loop_only
async def test_copies_whose_callbacks_copy_all_end(filled):
    def copy_again(node):
        node.parent.copy_to(f"home:again/{node.parent.basename}-{node.basename}")

    await all_of(filled.node(f"home:tree{i}").copy_to(f"home:out{i}", on_file=copy_again) for i in range(MANY))
    assert len(await filled.node("home:again").children()) == 2 * MANY


@pytest.mark.loop_only
async def test_callbacks_that_wait_for_the_loop_all_end(filled):
    loop = asyncio.get_running_loop()

    def read_in_the_loop(node, path):
        async def read():
            await filled.node("home:out", path).write_bytes(b"needs a helper thread")
            return await filled.node("home:tree0/a").read_bytes()

        return asyncio.run_coroutine_threadsafe(read(), loop).result(GENEROUS) == b"a"

    await all_of(filled.node(f"home:tree{i}").copy_to(f"home:out{i}", filter=read_in_the_loop) for i in range(MANY))
    assert await filled.node(f"home:out{MANY - 1}/b").read_bytes() == b"b"


@pytest.mark.loop_only
async def test_callbacks_that_run_a_loop_of_their_own_all_end(filled):
    def read_in_a_loop(node, path):
        async def read():
            await filled.node("home:other", node.parent.basename, path).write_bytes(b"x")
            return await filled.node("home:tree0/a").read_bytes()

        return asyncio.run(read()) == b"a"

    await all_of(filled.node(f"home:tree{i}").copy_to(f"home:out{i}", filter=read_in_a_loop) for i in range(MANY))
    assert await filled.node(f"home:out{MANY - 1}/b").read_bytes() == b"b"


@pytest.mark.loop_only
async def test_backends_in_python_that_use_other_mounts_all_end(filled, shelf):
    shelf.files.update({str(i): b"" for i in range(MANY)})

    def read_elsewhere(path):
        filled.node(f"home:tree{path}").copy_to(f"home:out{path}")
        return filled.node(f"home:out{path}/a").read_bytes()

    shelf.read_bytes = read_elsewhere
    read = await all_of(filled.node(f"shelf:{i}").read_bytes() for i in range(MANY))
    assert read == [b"a"] * MANY


@pytest.mark.loop_only
async def test_backends_in_python_that_wait_for_each_other_all_end(storage, shelf):
    together = threading.Barrier(MANY)
    shelf.files.update({str(i): b"" for i in range(MANY)})

    def wait_for_all(path):
        together.wait(GENEROUS)
        return path.encode()

    shelf.read_bytes = wait_for_all
    read = await all_of(storage.node(f"shelf:{i}").read_bytes() for i in range(MANY))
    assert read == [str(i).encode() for i in range(MANY)]


@pytest.fixture
def asked(storage, tmp_path):
    """The mount `chosen`, whose folder is what mem:where says."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.txt").write_text("chosen")

    def folder():
        where = storage.node("mem:where")
        return where.read_text() if where.exists else tmp_path / "nowhere"

    storage.node("mem:where").write_text(str(tmp_path / "there"))
    storage.add_mount({"name": "chosen", "protocol": "local", "base_path": folder})
    return storage


async def test_a_base_that_asks_a_node_gets_its_value_in_methods(asked, io):
    node = asked.node("chosen:a.txt")
    assert await io(node.read_text()) == "chosen"
    assert await io(node.exists()) if callable(node.exists) else node.exists
    assert await io(node.copy_to("mem:copied"))
    assert await io(asked.node("mem:copied").read_text()) == "chosen"


async def test_a_base_that_asks_a_node_gets_its_value_in_properties_and_operators(asked, io, tmp_path):
    node = asked.node("chosen:a.txt")
    assert node.resolved_path == str(tmp_path / "there" / "a.txt")
    assert (node.parent / "a.txt").resolved_path == node.resolved_path
    assert node == asked.node("chosen:a.txt")


async def test_a_callback_gets_values(asked, io):
    texts = []

    def look(node, path):
        texts.append(node.read_text())
        return True

    await io(asked.node("chosen:").copy_to("mem:all", filter=look))
    assert texts == ["chosen"]
