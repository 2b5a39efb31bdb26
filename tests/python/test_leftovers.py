"""What killed writers leave in a folder: hidden, gone with the next write there or with cleanup(). Other files stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from genro_storage import StorageError, StorageNotFoundError
from trees import make, tree

LOOK_ALIKE = ".report.0123456789abcdef0123456789abcdef.tmp"

WRITER = """
import os, signal, sys
from genro_storage import StorageManager

storage = StorageManager()
storage.configure([{"name": "home", "protocol": "local", "base_path": sys.argv[1]}])
file = storage.node("home:" + sys.argv[2]).open("wb")
file.write(b"half" * (1 << 20))
file.flush()
print("written", flush=True)
if sys.argv[3] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.readline()
file.close()
"""


def start_writer(folder: str, path: str, end: str) -> subprocess.Popen[str]:
    # In this form every file that is being written has a name.
    environment = os.environ | {"GENRO_IO": "posix"}
    command = [sys.executable, "-c", WRITER, folder, path, end]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "written\n"
    return writer


def kill_a_writer(folder: str, path: str) -> list[str]:
    """The names of what it left."""
    before = set(os.listdir(os.path.join(folder, os.path.dirname(path))))
    writer = start_writer(folder, path, "die")
    writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGKILL
    left = sorted(set(os.listdir(os.path.join(folder, os.path.dirname(path)))) - before)
    assert len(left) == 1, left
    return left


async def test_the_next_write_in_the_folder_removes_what_a_killed_one_left(storage, io, root):
    await make(storage, io, "home:t", ["a", "b"])
    left = kill_a_writer(root, "t/a")
    assert sorted(os.listdir(root + "/t")) == sorted(["a", "b", *left])
    assert [node.basename for node in await io(storage.node("home:t").children())] == ["a", "b"]
    await io(storage.node("home:t/b").write_text("new"))
    assert sorted(os.listdir(root + "/t")) == ["a", "b"]
    assert await io(storage.node("home:t/a").read_text()) == "text of a"


async def test_cleanup_removes_what_is_dead_and_old_enough_anywhere_and_tells(storage, io, root):
    await make(storage, io, "home:t/u", ["a"])
    left = kill_a_writer(root, "t/u/a")
    assert await io(storage.cleanup("home")) == []
    assert await io(storage.cleanup("home", timedelta(hours=1))) == []
    assert await io(storage.cleanup("other", older_than=0)) == []
    assert await io(storage.cleanup("home", older_than=0)) == [f"home:t/u/{left[0]}"]
    assert os.listdir(root + "/t/u") == ["a"]


async def test_cleanup_of_a_mount_inside_another_stays_there(storage, io, root):
    await make(storage, io, "home:t/u", ["a"])
    await make(storage, io, "home:v", ["a"])
    storage.add_mount({"name": "inner", "protocol": "local", "base_path": root + "/t"})
    storage.add_mount({"name": "part", "path": "home:t"})
    kill_a_writer(root, "v/a")
    for mount in ("inner", "part"):
        left = kill_a_writer(root, "t/u/a")
        assert await io(storage.cleanup(mount, 0)) == [f"{mount}:u/{left[0]}"]
    assert len(os.listdir(root + "/v")) == 2


async def test_what_a_living_process_writes_stays(storage, io, root):
    await make(storage, io, "home:t", ["a"])
    writer = start_writer(root, "t/a", "wait")
    try:
        await io(storage.node("home:t/b").write_text("b"))
        assert await io(storage.cleanup("home", older_than=0)) == []
        assert len(os.listdir(root + "/t")) == 3
    finally:
        writer.communicate("go on\n", timeout=60)
    assert writer.returncode == 0
    assert sorted(os.listdir(root + "/t")) == ["a", "b"]
    assert await io(storage.node("home:t/a").read_bytes()) == b"half" * (1 << 20)


async def test_mounts_with_nothing_to_clean_say_so_and_unknown_ones_raise(storage, io):
    assert await io(storage.cleanup("mem", older_than=0)) == []
    with pytest.raises(StorageNotFoundError):
        await io(storage.cleanup("nowhere"))
    with pytest.raises(ValueError, match="older_than"):
        await io(storage.cleanup("mem", older_than=-1))


async def test_a_mount_that_may_not_be_changed_is_not_cleaned(storage, io, root):
    storage.add_mount({"name": "ro", "protocol": "local", "base_path": root, "permissions": "readonly"})
    with pytest.raises(StorageError):
        await io(storage.cleanup("ro", older_than=0))


async def test_a_users_file_that_looks_like_ours_is_listed_copied_and_moved(storage, io, root):
    await make(storage, io, "home:t", ["a", LOOK_ALIKE])
    names = [node.basename for node in await io(storage.node("home:t").children())]
    assert sorted(names) == sorted(["a", LOOK_ALIKE])
    both = {"a": "text of a", LOOK_ALIKE: f"text of {LOOK_ALIKE}"}
    for options in ({}, {"skip": "size"}, {"on_file": lambda node: None}):
        await io(storage.node("home:t").copy_to("other:t", **options))
        assert await tree(io, storage.node("other:t")) == both
    await io(storage.node("home:t").copy_to("mem:t"))
    assert await tree(io, storage.node("mem:t")) == both
    await io(storage.node("home:t").move_to("other:moved"))
    assert await tree(io, storage.node("other:moved")) == both
    await io(storage.node("mem:t").move_to("other:t2"))
    assert await tree(io, storage.node("other:t2")) == both


async def test_names_of_leftovers_are_refused_to_writers(storage, io, root):
    await make(storage, io, "home:t", ["a"])
    [name] = kill_a_writer(root, "t/a")
    with pytest.raises(StorageError):
        await io(storage.node("home:t", name).write_text("x"))
    with pytest.raises(StorageError):
        await io(storage.node("home:t/a").copy_to(f"home:t/{name}"))
    with pytest.raises(StorageError):
        await io(storage.node("home:t/a").move_to(f"other:{name}"))
    assert await io(storage.node("home:t/a").read_text()) == "text of a"


async def test_leftovers_are_neither_listed_nor_copied_and_go_with_their_folder(storage, io, root):
    await make(storage, io, "home:t", ["a"])
    kill_a_writer(root, "t/a")
    for options in ({}, {"skip": "size"}, {"on_file": lambda node: None}):
        await io(storage.node("home:t").copy_to("other:t", **options))
    assert os.listdir(root + "-other/t") == ["a"]
    assert b"half" not in await io(storage.node("home:t").zip())
    await io(storage.node("home:t").delete())
    assert not os.path.exists(root + "/t")
