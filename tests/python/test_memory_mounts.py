"""Memory mounts: one tree a process, folders made or implied, the root of each mount always there."""

import uuid

import pytest

from genro_storage import StorageManager


@pytest.fixture
def name():
    """A name that no other test uses, below a memory mount without a folder of its own."""
    made = f"test-{uuid.uuid4().hex}"
    yield made
    storage = StorageManager()
    storage.add_mount({"name": "all", "protocol": "memory"})
    storage.node("all", made).delete()


async def test_a_folder_at_the_top_can_be_made_whatever_the_base(storage, io, name):
    storage.configure(
        [
            {"name": "all", "protocol": "memory"},
            {"name": "fresh", "protocol": "memory", "base_path": f"{name}/never/used/"},
        ]
    )
    for folder in (storage.node("all", name), storage.node("fresh:top")):
        await io(folder.mkdir())
        assert await io(folder.is_dir()) is True
        assert await io(folder.children()) == []
    for mount in ("all", "fresh", "home"):
        with pytest.raises(FileNotFoundError, match="Parent directory does not exist"):
            await io(storage.node(mount, f"{name}-none/deeper").mkdir())


async def test_implied_folders_vanish_with_their_last_file_and_made_ones_stay(storage, io):
    await io(storage.node("mem:implied/a/f").write_text("x"))
    await io(storage.node("mem:made").mkdir())
    await io(storage.node("mem:made/f").write_text("x"))
    await io(storage.node("mem:both").mkdir())
    await io(storage.node("mem:both/sub/f").write_text("x"))
    assert [node.path for node in await io(storage.node("mem:").children())] == ["both", "implied", "made"]
    for path in ("implied/a/f", "made/f", "both/sub/f"):
        await io(storage.node("mem", path).delete())
    assert await io(storage.node("mem:implied/a").exists()) is False
    assert await io(storage.node("mem:implied").exists()) is False
    assert [node.path for node in await io(storage.node("mem:").children())] == ["both", "made"]


async def test_contents_outlive_their_mounts_and_managers(io, name):
    for permissions in ({}, {"permissions": "readonly"}, {"permissions": "delete"}):
        storage = StorageManager()
        storage.add_mount({"name": "m", "protocol": "memory", "base_path": f"/{name}/", **permissions})
        if not permissions:
            await io(storage.node("m:f").write_text("kept"))
        assert await io(storage.node("m:f").read_text()) == "kept"
        storage.delete_mount("m")


@pytest.mark.parametrize("mount", ["mem", "home", "minio"], indirect=True)
async def test_deleting_the_root_empties_it_and_no_other_mount(storage, mount, io):
    await io(storage.node("mem:f" if mount != "mem" else "home:f").write_text("other"))
    await io(storage.node(mount, "d/f").write_text("x"))
    await io(storage.node(mount, "").delete())
    assert await io(storage.node(mount, "").is_dir()) is True
    assert await io(storage.node(mount, "").children()) == []
    await io(storage.node(mount, "again").write_text("x"))
    assert await io(storage.node(mount, "again").read_text()) == "x"
    assert await io(storage.node("mem:f" if mount != "mem" else "home:f").read_text()) == "other"


async def test_a_path_is_never_file_and_folder(storage, mount, io):
    if mount in ("minio", "versitygw"):
        pytest.skip("keys of S3 may lie below keys")
    await io(storage.node(mount, "d/f").write_text("x"))
    for write in (
        lambda: storage.node(mount, "d").write_text("y"),
        lambda: storage.node(mount, "d").append("y"),
        lambda: storage.iternode().copy_to(storage.node(mount, "d")),
    ):
        with pytest.raises(IsADirectoryError):
            await io(write())
    with pytest.raises((NotADirectoryError, FileExistsError)):
        await io(storage.node(mount, "d/f/below").write_text("y"))
    assert await io(storage.node(mount, "d/f").read_text()) == "x"
