"""A storage written in Python works with every operation of a node, awaited or not."""

from __future__ import annotations

import gc
import hashlib
import io as streams
import weakref
from datetime import UTC, datetime

import pytest

from shelf import MissingError, Shelf


async def test_a_mounted_backend_is_found_under_its_name(storage, shelf):
    assert storage._mounts["shelf"] is shelf
    assert storage.node("shelf:a")._backend is shelf
    assert storage.get_mount_names() == ["home", "mem", "b64", "shelf"]
    assert storage.has_mount("shelf")


async def test_contents_are_written_and_read(storage, shelf, io):
    node = storage.node("shelf:a/b.txt")
    assert await io(node.write_text("héllo")) is True
    assert shelf.files == {"a/b.txt": "héllo".encode()}
    assert await io(node.read_text()) == "héllo"
    assert await io(node.read_bytes()) == "héllo".encode()
    assert await io(node.read("rb")) == "héllo".encode()
    assert await io(node.write(b"\0\xff", "wb")) is True
    assert await io(node.read_bytes()) == b"\0\xff"
    assert await io(node.write_bytes(bytearray(b"array"))) is True
    assert await io(node.write_bytes(b"array", skip_if_unchanged=True)) is False
    assert await io(node.write_bytes(b"other", skip_if_unchanged=True)) is True
    await io(node.append(b"+more"))
    assert shelf.files["a/b.txt"] == b"other+more"


async def test_questions_are_answered_by_its_methods(storage, shelf, io):
    shelf.files["a/b"] = b"12345"
    node = storage.node("shelf:a/b")
    assert await io(node.exists()) is True
    assert await io(node.is_file()) is True
    assert await io(node.is_dir()) is False
    assert await io(node.size()) == 5
    assert await io(node.mtime()) == 1_000_000_000.25
    assert await io(node.md5hash()) == hashlib.md5(b"12345").hexdigest()
    assert node.ext_attributes == (1_000_000_000.25, 5, False)
    assert node.parent.ext_attributes == (None, None, True)
    assert await io(node.parent.is_dir()) is True
    with pytest.raises(ValueError, match="directory"):
        await io(node.parent.size())
    missing = storage.node("shelf:none")
    assert await io(missing.exists()) is False
    assert missing.ext_attributes == (None, None, False)
    with pytest.raises(FileNotFoundError):
        await io(missing.mtime())
    assert node == storage.node("shelf:a/b")
    await io(storage.node("mem:same").write_bytes(b"12345"))
    assert node == storage.node("mem:same")


async def test_files_are_opened_as_streams(storage, shelf, io, world):
    node = storage.node("shelf:big")
    content = bytes(range(256)) * 20_000  # 5 MB: read through open(), not read_bytes()
    if world == "loop":
        async with node.open("wb") as file:
            await file.write(content[:1000])
            await file.write(content[1000:])
        shelf.calls.clear()
        async with node.open("rb") as file:
            assert await file.read(10) == content[:10]
            await file.seek(4_000_000)
            assert await file.read() == content[4_000_000:]
    else:
        with node.open("wb") as file:
            file.write(content[:1000])
            file.write(content[1000:])
        shelf.calls.clear()
        with node.open("rb") as file:
            assert file.read(10) == content[:10]
            file.seek(4_000_000)
            assert file.read() == content[4_000_000:]
        with node.open("a") as file:
            file.write("é")
        with node.open("r+b") as file:
            file.write(b"first")
        assert shelf.files["big"] == b"first" + content[5:] + "é".encode()
    assert ("big", "rb") in shelf.made("open")


def test_a_block_that_raises_writes_nothing(storage, shelf):
    node = storage.node("shelf:a")
    node.write_text("old")
    with pytest.raises(KeyError), node.open("w") as file:
        file.write("half")
        raise KeyError
    assert shelf.files == {"a": b"old"}
    with pytest.raises(FileExistsError):
        node.open("x")


async def test_folders_are_made_listed_and_removed(storage, shelf, io):
    folder = storage.node("shelf:one/two")
    with pytest.raises(FileNotFoundError, match="Parent directory does not exist"):
        await io(folder.mkdir())
    await io(folder.mkdir(parents=True))
    assert shelf.folders == {"", "one", "one/two"}
    with pytest.raises(FileExistsError):
        await io(folder.mkdir())
    await io(folder.mkdir(exist_ok=True))
    await io(folder.child("f").write_text("1"))
    await io(folder.child("d/e").write_text("2"))
    assert [node.path for node in await io(folder.children())] == ["one/two/d", "one/two/f"]
    with pytest.raises(ValueError, match="not a directory"):
        await io(folder.child("f").children())
    with pytest.raises(FileNotFoundError):
        await io(storage.node("shelf:none").children())
    await io(storage.node("shelf:one").delete())
    assert shelf.files == {}
    assert shelf.folders == {""}
    await io(storage.node("shelf:one").delete())


@pytest.mark.parametrize("other", ["mem", "home", "b64"])
async def test_files_are_copied_across_mounts_in_both_directions(storage, shelf, io, other):
    shelf.files["f"] = b"content"
    there = await io(storage.node("shelf:f").copy_to(storage.node(other, "" if other == "b64" else "x/f")))
    assert await io(there.read_bytes()) == b"content"
    back = await io(there.copy_to("shelf:back/f"))
    assert back.fullpath == "shelf:back/f"
    assert shelf.files["back/f"] == b"content"


@pytest.mark.parametrize("other", ["mem", "home", "second"])
async def test_trees_are_copied_and_moved(storage, shelf, io, other):
    if other == "second":
        storage._mounts["second"] = Shelf()
    tree = {f"t/{i % 3}/f{i}": bytes([i]) * i for i in range(30)}
    shelf.files.update(tree)
    seen = []
    await io(storage.node("shelf:t").copy_to(f"{other}:copy", on_file=lambda node: seen.append(node.path)))
    assert sorted(seen) == sorted(tree)
    await io(storage.node(f"{other}:copy").move_to("shelf:back"))
    assert await io(storage.node(f"{other}:copy").exists()) is False
    assert {path.replace("back", "t"): data for path, data in shelf.files.items() if path.startswith("back/")} == tree
    skipped = []
    await io(
        storage.node("shelf:t").copy_to("shelf:back", skip="hash", on_skip=lambda node, reason: skipped.append(reason))
    )
    assert len(skipped) == 30
    moved = await io(storage.node("shelf:back").move_to("shelf:last"))
    assert moved.fullpath == "shelf:last"
    assert not any(path.startswith("back/") for path in shelf.files)


async def test_large_contents_are_written_in_pieces(storage, shelf, io, tmp_path):
    content = b"x" * (17 << 20)
    (tmp_path / "home" / "large").write_bytes(content)
    await io(storage.node("home:large").copy_to("shelf:large"))
    assert shelf.files["large"] == content
    assert shelf.made("open") == [("large", "wb")]


async def test_a_content_that_was_not_stored_whole_is_an_error(storage, shelf, io):
    class Forgetful(Shelf):
        def open(self, path, mode="rb"):
            return streams.BytesIO()

        def size(self, path):
            return 0

    storage._mounts["forgetful"] = Forgetful()
    with pytest.raises(OSError, match="stored 0 of"):
        await io(storage.node("forgetful:a").write_bytes(b"x" * (17 << 20)))


async def test_what_it_raises_comes_out_as_it_was_raised(storage, shelf, io):
    with pytest.raises(MissingError, match="no 'none' on this shelf"):
        await io(storage.node("shelf:none").read_bytes())

    class StrangeError(Exception):
        pass

    error = StrangeError("odd")

    def refuse(path, data):
        raise error

    shelf.write_bytes = refuse
    with pytest.raises(StrangeError) as caught:
        await io(storage.node("shelf:a").write_bytes(b"x"))
    assert caught.value is error
    shelf.exists = lambda path: 1 // 0
    with pytest.raises(ZeroDivisionError):
        await io(storage.node("shelf:a").exists())


async def test_a_write_may_give_the_content_another_path(storage, io):
    class Addressed(Shelf):
        def write_bytes(self, path, data):
            path = hashlib.md5(data).hexdigest()
            super().write_bytes(path, data)
            return path

    storage._mounts["addressed"] = Addressed()
    node = storage.node("addressed:new")
    await io(node.write_bytes(b"one"))
    assert node.path == hashlib.md5(b"one").hexdigest()
    assert await io(node.read_bytes()) == b"one"
    await io(storage.node("mem:two").write_bytes(b"two"))
    copied = await io(storage.node("mem:two").copy_to("addressed:x"))
    assert copied.path == hashlib.md5(b"two").hexdigest()


async def test_its_capabilities_are_those_of_its_nodes(storage, io):
    backend = Shelf(mkdir=False, append_mode=False, metadata=True, temporary=True, versioning=True)
    storage._mounts["shelf"] = backend
    assert storage.node("shelf:a").capabilities == backend.promised
    storage.add_mount({"name": "part", "path": "shelf:a"})
    assert storage.node("part:b").capabilities == backend.promised
    storage.add_mount({"name": "kept", "path": "shelf:a", "permissions": "readonly"})
    kept = storage.node("kept:b").capabilities
    assert (kept.write, kept.delete, kept.mkdir, kept.readonly, kept.metadata) == (False, False, False, True, True)
    storage._mounts["locked"] = Shelf(write=False, delete=False, mkdir=False, readonly=True)
    with pytest.raises(PermissionError, match="read-only"):
        await io(storage.node("locked:a").write_bytes(b""))
    with pytest.raises(PermissionError, match="read-only"):
        await io(storage.node("locked:a").delete())


async def test_a_stored_hash_is_used_where_it_is_promised(storage, io):
    backend = Shelf(hash_on_metadata=True)
    backend.get_hash = lambda path: "0123456789ABCDEF0123456789ABCDEF"
    backend.files["a"] = b"whatever"
    storage._mounts["shelf"] = backend
    assert await io(storage.node("shelf:a").md5hash()) == "0123456789abcdef0123456789abcdef"
    assert backend.made("read_bytes") == []


async def test_its_own_copy_serves_inside_of_it(storage, io):
    backend = Shelf(copy_optimization=True)
    backend.files["a"] = b"data"
    storage._mounts["shelf"] = backend
    await io(storage.node("shelf:a").copy_to("shelf:b"))
    assert backend.made("copy") == [("a", "b")]
    assert backend.made("read_bytes") == []
    assert backend.files["b"] == b"data"


async def test_relative_mounts_and_permissions_stand_on_it(storage, shelf, io):
    shelf.files["sub/f"] = b"x"
    storage.add_mount({"name": "sub", "path": "shelf:sub", "permissions": "readwrite"})
    assert await io(storage.node("sub:f").read_bytes()) == b"x"
    await io(storage.node("sub:g").write_bytes(b"y"))
    assert shelf.files["sub/g"] == b"y"
    with pytest.raises(PermissionError, match="does not have delete permission"):
        await io(storage.node("sub:g").delete())


async def test_versions_are_opened_by_their_id(storage, io):
    backend = Shelf(versioning=True, version_listing=True, version_access=True)
    backend.files["a"] = b"now"
    backend.get_versions = lambda path: [
        {
            "version_id": "1",
            "is_latest": False,
            "last_modified": datetime(2020, 1, 1, tzinfo=UTC),
            "size": 3,
            "etag": "x",
        },
        {
            "version_id": "2",
            "is_latest": True,
            "last_modified": datetime(2020, 1, 1, tzinfo=UTC),
            "size": 3,
            "etag": "y",
        },
    ]
    backend.open_version = lambda path, version_id, mode="rb": streams.BytesIO(b"version " + version_id.encode())
    storage._mounts["shelf"] = backend
    assert await io(storage.node("shelf:a", version="1").read_bytes()) == b"version 1"
    assert await io(storage.node("shelf:a").read_bytes()) == b"now"


async def test_urls_come_from_it(storage, shelf):
    shelf.url = lambda path, expires_in=3600, **kwargs: f"https://x/{path}?t={expires_in}"
    assert storage.node("shelf:a").url() == "https://x/a?t=3600"
    assert storage.node("shelf:a").url(expires_in=60) == "https://x/a?t=60"


async def test_a_listed_name_without_a_file_is_listed_but_no_file(storage, shelf, io):
    shelf.list_dir = lambda path: ["ghost"] if path == "" else []
    (ghost,) = await io(storage.node("shelf:").children())
    assert ghost.path == "ghost"
    assert await io(ghost.exists()) is False


@pytest.mark.parametrize("name", ["", "a/b", "..", "."])
async def test_names_that_are_none_are_refused(storage, shelf, io, name):
    shelf.list_dir = lambda path: [name]
    with pytest.raises(ValueError, match="is no name"):
        await io(storage.node("shelf:").children())


def test_what_is_no_backend_cannot_be_mounted(storage):
    with pytest.raises(TypeError, match=r"no storage backend: it has no exists\(\)"):
        storage._mounts["x"] = object()
    assert not storage.has_mount("x")
    with pytest.raises(ValueError, match="name"):
        storage._mounts["a:b"] = Shelf()


def test_deleting_the_mount_drops_the_backend_but_not_under_a_node(storage):
    backend = Shelf()
    backend.files["a"] = b"still"
    gone = weakref.ref(backend)
    storage._mounts["shelf"] = backend
    node = storage.node("shelf:a")
    del backend
    del storage._mounts["shelf"]
    assert not storage.has_mount("shelf")
    assert node.read_bytes() == b"still"
    del node
    storage.node("mem:x").exists()  # the next call releases what the engine let go of
    gc.collect()
    assert gone() is None
