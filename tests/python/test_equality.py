"""When two nodes are equal, and why they are no keys."""

import pytest

from conftest import s3_mount
from genro_storage import StorageManager


async def test_files_of_equal_content_are_equal_across_mounts(storage, io):
    a, b, c = storage.node("home:a"), storage.node("mem:b"), storage.node("mem:c")
    for node, text in ((a, "same"), (b, "same"), (c, "else")):
        await io(node.write_text(text))
    content = storage.node("b64:c2FtZQ==")
    assert a == b
    assert (a != b) is False
    assert b == content
    assert a != c
    assert (a == c) is False


async def test_one_address_is_equal_to_itself_also_when_nothing_is_there(storage, io):
    assert storage.node("mem:none") == storage.node("mem:none")
    assert storage.node("mem:none") != storage.node("home:none")
    assert storage.node("mem:none") != storage.node("mem:other")


async def test_folders_are_equal_only_to_themselves(storage, io):
    for address in ("mem:d", "mem:e", "home:d"):
        await io(storage.node(address).mkdir())
    await io(storage.node("mem:f").write_text(""))
    assert storage.node("mem:d") == storage.node("mem:d")
    assert storage.node("mem:d") != storage.node("mem:e")
    assert storage.node("mem:d") != storage.node("home:d")
    assert storage.node("mem:d") != storage.node("mem:f")


async def test_equal_names_in_different_managers_are_compared_by_content(tmp_path, storage, io):
    other = StorageManager()
    other.configure([{"name": "home", "protocol": "local", "base_path": str(tmp_path)}])
    await io(storage.node("home:a").write_text("here"))
    assert storage.node("home:a") != other.node("home:a")
    await io(other.node("home:a").write_text("there"))
    assert storage.node("home:a") != other.node("home:a")
    await io(other.node("home:a").write_text("here"))
    assert storage.node("home:a") == other.node("home:a")


async def test_one_address_of_one_place_is_equal_in_every_manager(storage, mount, io, tmp_path):
    if mount in ("mem", "home"):
        below = {"mem": {"protocol": "memory", "base_path": tmp_path.name}}.get(
            mount, {"protocol": "local", "base_path": str(tmp_path)}
        )
        storage.add_mount({"name": mount} | below)
        other = StorageManager()
        other.add_mount({"name": mount} | below)
    else:
        config = s3_mount("s3", mount)
        storage.add_mount(config | {"name": mount})
        other = StorageManager()
        other.add_mount(config | {"name": mount})
    await io(storage.node(mount, "d/f").write_text("x"))
    for path in ("missing", "d", "d/f", ""):
        assert storage.node(mount, path) == other.node(mount, path)
        assert (storage.node(mount, path) != other.node(mount, path)) is False
    other.add_mount({"name": "alias", "path": f"{mount}:"})
    assert storage.node(mount, "d/f") == other.node("alias:d/f")  # by content
    for path in ("missing", "d"):
        assert storage.node(mount, path) != other.node("alias", path)
    await io(storage.node(mount, "").delete())


async def test_nodes_without_a_mount_are_equal_only_to_themselves(storage, io):
    source = storage.node("mem:a")
    await io(source.write_text("x"))
    for node, other in (
        (storage.node(), storage.node()),
        (storage.iternode(source), storage.iternode(source)),
        (storage.diffnode(source, source), source),
    ):
        assert node == node
        assert node != other
        assert await io(node.equals(node)) is True
        assert await io(node.equals(other)) is False
        assert await io(other.equals(node)) is False


def test_a_detached_node_is_equal_to_no_place(storage):
    one = storage.node()
    assert one == one
    assert one != storage.node()
    assert one != storage.node("mem:a")


@pytest.mark.parametrize("other", [None, 5, "mem:a", object(), ["mem:a"]])
async def test_comparing_with_something_else_never_raises(storage, io, other):
    node = storage.node("mem:a")
    assert (node == other) is False
    assert (node != other) is True
    assert node.__eq__(other) is NotImplemented
    assert await io(node.equals(other)) is False


async def test_a_snapshot_that_cannot_be_is_equal_to_nothing_else(storage, io):
    await io(storage.node("mem:a").write_text("x"))
    assert storage.node("mem:a", version=0) != storage.node("mem:a")
    assert storage.node("mem:a") != storage.node("mem:a", version=0)
    assert storage.node("mem:a", version=0) == storage.node("mem:a", version=0)


def test_a_node_is_no_key_and_says_what_is(storage):
    with pytest.raises(TypeError, match=r"unhashable type: 'StorageNode'.*fullpath"):
        hash(storage.node("mem:a"))
    with pytest.raises(TypeError, match="fullpath"):
        {storage.node("mem:a")}
    with pytest.raises(TypeError, match="fullpath"):
        {storage.node("mem:a"): 1}
