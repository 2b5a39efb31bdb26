"""Moving: what arrives, what goes, and what stays."""

import os

import pytest

from genro_storage import StorageManager, StoragePermissionError
from trees import ODD, Heard, make, tree

# Moving


async def test_a_moved_node_belongs_to_the_manager_of_its_destination(storage, io, root):
    beside = StorageManager()
    beside.configure([{"name": "there", "protocol": "local", "base_path": root}])
    await make(storage, io, "mem:", ["a"])
    node = storage.node("mem:a")
    assert await io(node.move_to(beside.node("there:b"))) is node
    assert (node.fullpath, node.child("x").fullpath, node.parent.fullpath) == ("there:b", "there:b/x", "there:")
    assert await io(node.read_text()) == "text of a"
    assert await io(node.copy_to("there:c")) == beside.node("there:c")


async def test_moving_to_the_same_place_does_nothing(storage, mount, io):
    await make(storage, io, f"{mount}:", ["a", "t/b"])
    for name in ("a", "t"):
        node = storage.node(mount, name)
        assert await io(node.move_to(storage.node(mount, name))) is node
        assert await io(node.exists()) is True
    assert await io(storage.node(mount, "t/b").read_text()) == "text of t/b"


async def test_places_of_two_mounts_are_apart_also_under_one_path(storage, io, root, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        storage.add_mount({"name": name, "protocol": "local", "base_path": str(tmp_path / name)})
    await make(storage, io, "one:", ["d/a", "d/e/b", "f"])
    os.link(tmp_path / "one/f", tmp_path / "two/f")
    await io(storage.node("one:d").move_to("two:d/backup"))  # below a folder of its own name, elsewhere
    assert await io(storage.node("two:d/backup/e/b").read_text()) == "text of d/e/b"
    assert await io(storage.node("one:d").exists()) is False
    await io(storage.node("one:f").move_to("two:f"))  # two names of one file
    assert await io(storage.node("one:f").exists()) is False
    assert await io(storage.node("two:f").read_text()) == "text of f"


async def test_one_file_under_two_names_survives_a_move_between_them(storage, io, root):
    storage.add_mount({"name": "above", "protocol": "local", "base_path": os.path.dirname(root)})
    await make(storage, io, "home:", ["a", "t/b"])
    os.symlink("a", root + "/link")
    os.symlink("t", root + "/folder-link")
    for source, dest in (("home:a", "above:home/a"), ("home:link", "home:a"), ("home:folder-link", "home:t")):
        await io(storage.node(source).move_to(dest))
    assert await io(storage.node("home:a").read_text()) == "text of a"
    assert await io(storage.node("home:t/b").read_text()) == "text of t/b"


@pytest.mark.parametrize("dest", ["home:moved", "other:moved", "mem:moved"])
async def test_a_moved_folder_is_gone_from_where_it_was(storage, io, root, dest):
    await make(storage, io, "home:src", ["a", "sub/b"])
    await io(storage.node("home:src/empty").mkdir())
    node = storage.node("home:src")
    await io(node.move_to(dest))
    assert node.fullpath == dest
    assert set(await tree(io, node)) == {"a", "sub", "sub/b", "empty"}
    assert not os.path.exists(root + "/src")


async def test_a_moved_folder_merges_with_what_is_there(storage, mount, io):
    await make(storage, io, f"{mount}:src", ["a", "sub/b"])
    await make(storage, io, f"{mount}:dst", ["a", "sub/own"])
    await io(storage.node(mount, "src").move_to(storage.node(mount, "dst")))
    assert set(await tree(io, storage.node(mount, "dst"))) == {"a", "sub", "sub/b", "sub/own"}
    assert await io(storage.node(mount, "src").exists()) is False


@pytest.mark.parametrize("level", ["readonly", "readwrite"])
async def test_a_move_without_the_right_to_delete_copies_nothing(storage, io, level):
    storage.add_mount({"name": "kept", "path": "mem:", "permissions": level})
    await make(storage, io, "mem:", ["a", "t/b"])
    for name in ("a", "t"):
        with pytest.raises(StoragePermissionError, match=f"does not have delete permission.*{level}"):
            await io(storage.node("kept", name).move_to("home:x"))
        await io(storage.node("kept", name).copy_to(f"home:{name}"))  # copying is reading
    with pytest.raises(PermissionError):
        await io(storage.node("b64:eA==").move_to("home:x"))
    assert await io(storage.node("home:x").exists()) is False


async def test_what_cannot_be_moved_stays_and_is_told(storage, io, odd_tree, root):
    heard = Heard()
    node = storage.node(odd_tree)
    await io(node.move_to("other:odd", on_error=heard.on_error))
    assert node.fullpath == "other:odd"
    assert sorted(path for path, _ in heard.errors) == sorted(f"odd/{name}" for name in ODD)
    assert sorted(os.listdir(root + "/odd")) == sorted(ODD)
    assert os.listdir(root + "-other/odd") == ["file"]


async def test_of_a_link_to_a_folder_only_the_link_is_moved_away(storage, io, root):
    await make(storage, io, "home:", ["real/a", "t/b"])
    os.symlink("../real", root + "/t/link")
    await io(storage.node("home:t").move_to("mem:t"))
    assert await io(storage.node("mem:t/link/a").read_text()) == "text of real/a"
    assert await io(storage.node("home:real/a").read_text()) == "text of real/a"
    assert not os.path.exists(root + "/t")
    os.symlink("real", root + "/alone")
    await io(storage.node("home:alone").move_to("mem:alone"))
    assert os.listdir(root) == ["real"]
    assert os.listdir(root + "/real") == ["a"]
