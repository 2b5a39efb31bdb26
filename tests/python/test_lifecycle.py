"""Many threads, many managers, nothing closed: nothing leaks, and nothing is mixed."""

import asyncio
import gc
import inspect
import os
import threading

import pytest

from genro_storage import StorageManager


def run_until_changed(users, changers, done):
    """All threads at once; the users are told to end when the changers have."""
    for thread in users + changers:
        thread.start()
    for thread in changers:
        thread.join()
    done.set()
    for thread in users:
        thread.join()


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def test_short_lived_threads_leave_no_descriptors(storage, mount):
    node = storage.node(mount, "f")
    node.write_text("x")

    def use():
        assert node.exists()
        assert node.read_text() == "x"

    def run(count):
        for _ in range(count):
            thread = threading.Thread(target=use)
            thread.start()
            thread.join()

    run(10)
    before = descriptors()
    run(50)
    assert descriptors() <= before + 3


def test_managers_and_nodes_made_again_and_again_leave_nothing(tmp_path):
    (tmp_path / "f").write_text("x")

    def use(count):
        for _ in range(count):
            storage = StorageManager()
            storage.configure(
                [
                    {"name": "home", "protocol": "local", "base_path": str(tmp_path)},
                    {"name": "mem", "protocol": "memory", "base_path": "lifecycle"},
                    {"name": "part", "path": "home:", "permissions": "readonly"},
                ]
            )
            assert [storage.node(name, "f").exists() for name in ("home", "part")] == [True, True]

    use(10)
    gc.collect()
    before = descriptors()
    use(200)
    gc.collect()
    assert descriptors() <= before + 1


@pytest.mark.parametrize("mount", ["mem", "home", "minio"], indirect=True)
def test_readers_see_one_content_or_the_other_and_the_last_writer_wins(storage, mount):
    node = storage.node(mount, "f")
    contents = [bytes([letter]) * 300_000 for letter in b"abcd"]
    node.write_bytes(contents[0])
    done = threading.Event()
    wrong = []

    def read():
        while not done.is_set():
            content = storage.node(mount, "f").read_bytes()
            if content not in contents:
                wrong.append(content[:10])

    def write(content):
        for _ in range(8):
            storage.node(mount, "f").write_bytes(content)

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    run_until_changed(readers, writers, done)
    assert wrong == []
    node.write_bytes(b"last")
    assert node.read_bytes() == b"last"


def test_mounts_may_come_and_go_while_others_work(storage):
    storage.node("mem:f").write_text("x")
    done = threading.Event()
    failures = []

    def use():
        try:
            while not done.is_set():
                assert storage.node("mem:f").read_text() == "x"
                assert "mem" in storage.get_mount_names()
        except BaseException as error:
            failures.append(error)

    def change(number):
        for _ in range(200):
            storage.add_mount({"name": f"more{number}", "protocol": "memory", "base_path": "lifecycle"})
            storage.delete_mount(f"more{number}")

    users = [threading.Thread(target=use) for _ in range(2)]
    changers = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    run_until_changed(users, changers, done)
    assert failures == []
    assert storage.get_mount_names() == ["home", "mem", "b64"]


@pytest.mark.loop_only
async def test_what_is_plain_stays_plain_inside_a_loop(storage, mount):
    node = storage.node(mount, "d/f.txt")
    await node.write_text("x")
    values = {
        "child": node.child("x"),
        "splitext": node.splitext(),
        "serve": node.serve({}, lambda status, headers: None),
        "url": node.url(),
        "internal_url": node.internal_url(),
        "local_path": node.local_path(),
        "open": node.open("rb"),
        "iternode": storage.iternode(node),
        "diffnode": storage.diffnode(node, node),
        "equality": node == storage.node(mount, "d/f.txt"),
    }
    for name in ("fullpath", "path", "resolved_path", "basename", "stem", "suffix", "ext", "parent", "dirname"):
        values[name] = getattr(node, name)
    for name in ("ext_attributes", "mimetype", "capabilities", "versions", "version_count"):
        values[name] = getattr(node, name)
    for name, value in values.items():
        assert not inspect.isawaitable(value), name
    assert values["ext_attributes"][1:] == (1, False)
    assert values["serve"] == [b"x"]
    assert values["equality"] is True
    values["open"].close()


@pytest.mark.loop_only
async def test_the_thread_of_the_call_decides_not_who_wrote_the_function(storage):
    node = storage.node("mem:f")

    def plain():
        return node.exists()

    pending = plain()
    assert inspect.isawaitable(pending)
    assert await pending is False
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, plain) is False
    assert await asyncio.to_thread(plain) is False
