"""A file copied onto itself: shutil.SameFileError on local mounts, under whatever name; elsewhere nothing is copied."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import subprocess
import sys

import pytest

from genro_storage import StorageError
from trees import Heard, make, tree


@pytest.fixture
def names(storage, root):
    """Further names of home:a, which is not made yet."""
    storage.configure(
        [
            {"name": "above", "protocol": "local", "base_path": os.path.dirname(root)},
            {"name": "again", "protocol": "local", "base_path": root},
            {"name": "part", "path": "above:home", "permissions": "readwrite"},
            {"name": "chosen", "protocol": "local", "base_path": lambda: root},
        ]
    )
    os.symlink("a", root + "/link")
    return ["home:a", "above:home/a", "again:a", "part:a", "chosen:a", "home:link", "home:hard", "chosen:hard"]


@pytest.mark.parametrize("enhanced", [False, True])
async def test_a_local_file_is_never_copied_onto_itself(storage, io, root, names, enhanced):
    await make(storage, io, "home:", ["a"])
    os.link(root + "/a", root + "/hard")
    heard = Heard()
    before = os.stat(root + "/a")
    for name in names:
        for source, dest in (("home:a", name), (name, "home:a")):
            with pytest.raises(shutil.SameFileError, match="same file") as caught:
                await io(storage.node(source).copy_to(dest, **(heard.all if enhanced else {})))
            assert isinstance(caught.value, StorageError)
            assert isinstance(caught.value, OSError)
            assert (caught.value.code, caught.value.where) == ("same_file", dest)
            assert root not in str(caught.value)
    assert heard.events == []
    after = os.stat(root + "/a")
    assert (after.st_ino, after.st_mtime_ns, after.st_nlink) == (before.st_ino, before.st_mtime_ns, 2)
    assert await io(storage.node("home:a").read_text()) == "text of a"


async def test_two_files_of_equal_content_are_not_the_same_file(storage, io, root):
    await make(storage, io, "home:", ["a"])
    await io(storage.node("home:a").copy_to("home:b"))
    os.utime(root + "/b", ns=(1, os.stat(root + "/a").st_mtime_ns))
    await io(storage.node("home:a").copy_to("home:b"))
    assert os.stat(root + "/a").st_ino != os.stat(root + "/b").st_ino


async def test_it_is_asked_first_whether_the_file_is_to_be_skipped(storage, io, root, mount):
    await make(storage, io, f"{mount}:", ["a"])
    node = storage.node(mount, "a")
    for skip, reason in (
        ("exists", "destination exists"),
        ("size", "same size (9 bytes)"),
        ("hash", f"same content (MD5: {hashlib.md5(b'text of a').hexdigest()[:8]}...)"),
        (lambda source, dest: source == dest, "custom function returned True"),
    ):
        heard = Heard()
        assert await io(node.copy_to(node, skip=skip, **heard.all)) is node
        assert heard.events == [("skip", "a", reason), ("progress", 1, 1)]
    if mount == "home":
        with pytest.raises(shutil.SameFileError):
            await io(node.copy_to(node, skip=lambda source, dest: False))


@pytest.mark.parametrize("mount", ["mem", "minio", "versitygw"], indirect=True)
async def test_elsewhere_it_is_as_if_it_had_been_copied(storage, io, mount):
    await make(storage, io, f"{mount}:", ["a"])
    storage.add_mount({"name": "part", "path": f"{mount}:"})
    node = storage.node(mount, "a")
    before = await io(node.mtime())
    for dest in (node, storage.node("part:a")):
        heard = Heard()
        assert await io(node.copy_to(dest)) is dest
        assert await io(node.copy_to(dest, **heard.all)) is dest
        assert heard.events == [("file", "a"), ("progress", 1, 1)]
    assert await io(node.mtime()) == before
    assert await io(node.read_text()) == "text of a"


async def test_base64_content_onto_itself_is_itself(storage, io):
    node = storage.node("b64:dGV4dA==")
    assert await io(node.copy_to(node)) is node
    assert node.path == "dGV4dA=="


async def test_of_two_hard_links_a_move_leaves_the_one_it_goes_to(storage, io, root):
    await make(storage, io, "home:", ["a"])
    os.link(root + "/a", root + "/hard")
    node = storage.node("home:a")
    assert await io(node.move_to("home:hard")) is node
    assert os.listdir(root) == ["hard"]
    assert await io(node.read_text()) == "text of a"


async def test_a_folder_with_links_to_the_files_at_its_destination_is_copied(storage, io, root):
    await make(storage, io, "home:src", ["a", "b"])
    os.mkdir(root + "/dst")
    os.link(root + "/src/a", root + "/dst/a")
    await io(storage.node("home:src").copy_to("home:dst"))
    assert await tree(io, storage.node("home:dst")) == {"a": "text of a", "b": "text of b"}
    assert await tree(io, storage.node("home:src")) == {"a": "text of a", "b": "text of b"}


def test_the_error_keeps_its_class_and_facts_in_a_pickle(storage):
    storage.node("home:a").write_text("x")
    with pytest.raises(shutil.SameFileError) as caught:
        storage.node("home:a").copy_to("home:a")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert type(again).__name__ == "StorageSameFileError"
    assert (str(again), again.code, again.where, again.errno) == (
        str(caught.value),
        "same_file",
        "home:a",
        caught.value.errno,
    )


def test_shutil_is_imported_when_the_error_is_raised_and_not_before():
    code = (
        "import sys, genro_storage; from genro_storage import exceptions\n"
        "dir(exceptions); print('shutil' in sys.modules)\n"
        "print(exceptions.StorageSameFileError.__bases__[1].__module__, 'shutil' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "shutil", "True"]
