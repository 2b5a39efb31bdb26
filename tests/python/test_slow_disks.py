"""A disk or a network file system that does not answer holds up those who wait for it, and nobody else."""

from __future__ import annotations

import asyncio
import threading

import pytest

from slow_disk import CONTENT, mounted_disk, slow_disk  # noqa: F401  fixtures

MANY = 100


@pytest.fixture
def slow(storage, slow_disk):  # noqa: F811
    storage.add_mount({"name": "slow", "protocol": "local", "base_path": str(slow_disk.root)})
    storage.add_mount({"name": "chosen", "protocol": "local", "base_path": lambda: slow_disk.root})
    storage.add_mount({"name": "around", "protocol": "local", "base_path": str(slow_disk.root.parent)})
    storage.node("mem:a").write_bytes(b"quick")
    return slow_disk


WAYS = {"itself": "slow:a.txt", "by a function": "chosen:a.txt", "inside of a quick one": "around:slow/a.txt"}

QUESTIONS = {
    "read_bytes": lambda node: node.read_bytes(),
    "read_text": lambda node: node.read_text(),
    "exists": lambda node: node.exists(),
    "size": lambda node: node.size(),
    "metadata": lambda node: node.get_metadata(),
    "md5": lambda node: node.md5hash(),
    "children": lambda node: node.parent.children(),
    "copy": lambda node: node.copy_to("mem:copy"),
    "copy of the folder": lambda node: node.parent.copy_to("mem:all"),
    "zip": lambda node: node.parent.zip(),
}


async def loop_goes_on(storage):
    for _ in range(10):
        await asyncio.sleep(0)
        assert await storage.node("mem:a").read_bytes() == b"quick"


@pytest.mark.loop_only
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_loop_goes_on_while_a_disk_does_not_answer(storage, slow, way, question):
    slow.hold()
    asking = asyncio.ensure_future(QUESTIONS[question](storage.node(WAYS[way])))
    await loop_goes_on(storage)
    assert not asking.done()
    assert slow.release(), "the loop stood still until the disk lost its patience"
    await asking


@pytest.mark.loop_only
@pytest.mark.parametrize("way", WAYS)
async def test_what_a_slow_disk_gives_is_whole(storage, slow, way):
    node = storage.node(WAYS[way])
    assert await node.read_bytes() == CONTENT
    assert await node.size() == len(CONTENT)
    async with node.open("rb") as file:
        assert await file.read() == CONTENT
    async with node.local_path() as path:
        assert path


@pytest.mark.loop_only
@pytest.mark.parametrize("way", ["itself", "by a function"])  # open() cannot know what is mounted inside of a mount
async def test_the_loop_goes_on_while_a_file_on_it_is_read_and_closed(storage, slow, way):
    async with storage.node(WAYS[way]).open("rb") as file:
        assert await file.read(10) == CONTENT[:10]
        slow.hold()
        reading = asyncio.ensure_future(file.read())
        await loop_goes_on(storage)
        assert slow.release()
        assert await reading == CONTENT[10:]
        slow.hold()
    await loop_goes_on(storage)
    assert slow.release(), "the loop waited until the file was closed"


@pytest.mark.loop_only
async def test_many_who_wait_for_one_disk_leave_threads_to_others(storage, slow):
    slow.hold()
    stuck = [asyncio.ensure_future(storage.node("slow:a.txt").read_bytes()) for _ in range(MANY)]
    await loop_goes_on(storage)
    await storage.node("home:a/b").write_bytes(b"on a helper thread")
    assert [node.basename for node in await storage.node("home:a").children()] == ["b"]
    await storage.node("home:a").copy_to("home:c")
    assert not any(asking.done() for asking in stuck)
    assert slow.release(), "the others waited for the slow disk"
    assert await asyncio.gather(*stuck) == [CONTENT] * MANY


def test_other_threads_go_on_while_one_waits_for_a_disk(storage, slow):
    slow.hold()
    read = []
    waiting = threading.Thread(target=lambda: read.append(storage.node("slow:a.txt").read_bytes()))
    waiting.start()
    for _ in range(100):
        assert storage.node("mem:a").read_bytes() == b"quick"
    assert slow.release(), "the interpreter stood still"
    waiting.join()
    assert read == [CONTENT]
