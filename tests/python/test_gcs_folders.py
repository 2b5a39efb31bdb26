"""Buckets with a hierarchical namespace: folders that are there by themselves."""

import pytest

from cloud import cloud_mount
from genro_storage.exceptions import StorageNotFoundError


@pytest.fixture
def folders(cloud, storage):
    """The names of the folders of a bucket that has such; mount `h` says that it does, mount `g` has to ask."""
    cloud.folders = set()
    storage.add_mount(cloud_mount(cloud, "h", hierarchical=True))
    return cloud.folders


async def test_an_empty_folder_is_what_its_parent_shows(cloud, folders, storage, io):
    folders.update({"a/", "a/b/"})
    node = storage.node("g:a/b")
    assert [child.basename for child in await io(storage.node("g:a").children())] == ["b"]
    assert await io(node.is_dir())
    assert await io(node.children()) == []
    assert not await io(storage.node("g:a/c").exists())
    assert sum("storageLayout" in target for target in cloud.targets("GET")) == 1


async def test_whose_folders_are_not_its_own_is_asked_no_more(cloud, storage, io):
    for name in ("a", "b", "c"):
        assert not await io(storage.node(f"g:{name}").exists())
    assert sum("storageLayout" in target for target in cloud.targets("GET")) == 1
    assert not any("/folders/" in target for target in cloud.targets("GET"))


async def test_a_folder_is_made_and_deleted(folders, storage, io):
    await io(storage.node("h:a/b").mkdir(parents=True))
    assert folders == {"a/", "a/b/"}
    with pytest.raises(FileExistsError):
        await io(storage.node("h:a").mkdir())
    with pytest.raises(StorageNotFoundError):
        await io(storage.node("h:x/y").mkdir())
    await io(storage.node("h:a/b").delete())
    assert folders == {"a/"}


async def test_a_folder_goes_with_all_below_it(cloud, folders, storage, io):
    await io(storage.node("h:a/b/c").write_text("x"))
    await io(storage.node("h:a/d/e").write_text("x"))
    await io(storage.node("h:a/empty").mkdir())
    await io(storage.node("h:a").delete())
    assert folders == set()
    assert cloud.live == {}
    assert not await io(storage.node("h:a").exists())
