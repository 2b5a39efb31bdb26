"""StorageManager.mount(), _mounts and node._backend: mounts by name as backend objects, live."""

from __future__ import annotations

import pytest

from genro_storage import StorageConfigError, StorageManager, StoragePermissionError
from genro_storage.backends import Base64Backend, FsspecBackend, LocalStorage, RelativeMountBackend, StorageBackend
from shelf import Shelf


def test_they_are_a_live_mapping(storage):
    mounts = storage._mounts
    assert list(mounts) == ["home", "mem", "b64"]
    assert len(mounts) == 3
    assert "home" in mounts
    assert 5 not in mounts
    storage.add_mount({"name": "more", "protocol": "memory"})
    assert "more" in mounts
    del mounts["more"]
    assert not storage.has_mount("more")
    with pytest.raises(KeyError):
        mounts["more"]
    with pytest.raises(KeyError):
        del mounts["more"]
    assert mounts.get("more") is None
    popped = mounts.pop("b64")
    assert isinstance(popped, Base64Backend)
    assert storage.get_mount_names() == ["home", "mem"]


def test_they_show_the_engines_mounts_as_backend_objects(storage, tmp_path):
    storage.add_mount({"name": "sub", "path": "home:a", "permissions": "readwrite"})
    storage.add_mount({"name": "subsub", "path": "sub:b"})
    storage.add_mount({"name": "ro", "protocol": "memory", "permissions": "readonly"})
    mounts = storage._mounts
    assert isinstance(mounts["home"], LocalStorage)
    assert isinstance(mounts["mem"], FsspecBackend)
    assert mounts["mem"].protocol == "memory"
    assert isinstance(mounts["b64"], Base64Backend)
    assert all(isinstance(backend, StorageBackend) for backend in mounts.values())
    sub = mounts["sub"]
    assert isinstance(sub, RelativeMountBackend)
    assert (sub.relative_path, sub.permissions) == ("a", "readwrite")
    assert isinstance(sub.parent, LocalStorage)
    assert mounts["subsub"].parent.relative_path == "a"
    assert (mounts["subsub"].relative_path, mounts["subsub"].permissions) == ("b", "delete")
    assert (mounts["ro"].relative_path, mounts["ro"].permissions) == ("", "readonly")
    mounts["subsub"].write_bytes("f", b"x")
    assert (tmp_path / "home" / "a/b/f").read_bytes() == b"x"
    assert storage.node("subsub:f")._backend is mounts["subsub"]


def test_one_mount_has_one_object(storage):
    assert storage._mounts["home"] is storage._mounts["home"]
    assert storage.node("home:a")._backend is storage._mounts["home"]


def test_a_backend_object_is_mounted_under_a_name(storage, tmp_path):
    (tmp_path / "other").mkdir()
    backend = LocalStorage(tmp_path / "other")
    storage._mounts["other"] = backend
    assert storage._mounts["other"] is backend
    storage.node("other:a").write_text("x")
    assert backend.read_text("a") == "x"
    again = StorageManager()
    again._mounts["again"] = storage._mounts["other"]
    assert again.node("again:a").read_text() == "x"
    assert storage._mounts["other"] is backend
    relative = RelativeMountBackend(backend, "sub", "readonly")
    storage._mounts["relative"] = relative
    assert storage._mounts["relative"] is relative
    with pytest.raises(StoragePermissionError):
        storage.node("relative:a").write_text("x")


def test_a_relative_backend_over_python_is_mounted(storage):
    shelf = Shelf()
    shelf.files["in/a"] = b"x"
    storage._mounts["part"] = RelativeMountBackend(shelf, "in", "readonly")
    assert storage.node("part:a").read_bytes() == b"x"
    assert storage._mounts["part"].parent is shelf
    with pytest.raises(StoragePermissionError):
        storage.node("part:a").write_bytes(b"")


def test_replacing_a_mount_leaves_nodes_on_the_old_one(storage):
    storage.node("mem:a").write_text("old")
    node = storage.node("mem:a")
    before = node._backend
    storage._mounts["mem"] = Shelf()
    assert storage.get_mount_names() == ["home", "mem", "b64"]
    assert node.read_text() == "old"
    assert node._backend is before
    assert storage.node("mem:a").exists() is False


def test_a_detached_node_has_no_backend(storage):
    with pytest.raises(AttributeError):
        storage.node()._backend  # noqa: B018


async def test_mount_takes_a_backend_of_ones_own_under_a_name(storage, io):
    names = storage.get_mount_names()
    first, second = Shelf(), Shelf()
    storage.mount("own", first)
    await io(storage.node("own:x").write_bytes(b"1"))
    assert first.files == {"x": b"1"}
    assert storage._mounts["own"] is first

    old = storage.node("own:x")
    storage.mount("own", second)
    assert storage.get_mount_names() == [*names, "own"]
    assert await io(storage.node("own:x").exists()) is False
    assert await io(old.read_bytes()) == b"1"


@pytest.mark.parametrize("name", ["", "a:b", "a/b", "a\0b"])
def test_mount_takes_names_that_addresses_can_have(storage, name):
    names = storage.get_mount_names()
    for mount in (storage.mount, storage._mounts.__setitem__):
        with pytest.raises(StorageConfigError, match="name"):
            mount(name, Shelf())
    assert storage.get_mount_names() == names


def test_mount_takes_only_backends(storage):
    with pytest.raises(TypeError, match="no storage backend"):
        storage.mount("own", object())
    assert not storage.has_mount("own")
