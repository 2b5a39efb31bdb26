"""What each operation raises, by what it is asked of: nothing, a folder, with bad arguments, without the right to."""

import datetime

import pytest

from genro_storage import StorageError, StorageNotFoundError, StoragePermissionError

NO_COPY = {"skip": "custom"}


@pytest.fixture
def places(storage, mount):
    """Below `mount`: file, folder/inside; nothing at none. `ro` and `rw` are views of it with levels."""
    storage.node(mount, "file").write_text("text")
    storage.node(mount, "folder/inside").write_text("inside")
    storage.configure(
        [
            {"name": "ro", "path": f"{mount}:", "permissions": "readonly"},
            {"name": "rw", "path": f"{mount}:", "permissions": "readwrite"},
        ]
    )
    return storage


def start(status, headers):
    return None


MISSING = {
    "read": (lambda n: n.read(), FileNotFoundError),
    "read_text": (lambda n: n.read_text(), FileNotFoundError),
    "read_bytes": (lambda n: n.read_bytes(), FileNotFoundError),
    "size": (lambda n: n.size(), FileNotFoundError),
    "mtime": (lambda n: n.mtime(), FileNotFoundError),
    "md5hash": (lambda n: n.md5hash(), FileNotFoundError),
    "to_base64": (lambda n: n.to_base64(), FileNotFoundError),
    "children": (lambda n: n.children(), FileNotFoundError),
    "copy_to": (lambda n: n.copy_to("mem:elsewhere"), FileNotFoundError),
    "move_to": (lambda n: n.move_to("mem:elsewhere"), FileNotFoundError),
    "zip": (lambda n: n.zip(), ValueError),
}
FOLDER = {
    "size": (lambda n: n.size(), ValueError),
    "md5hash": (lambda n: n.md5hash(), ValueError),
    "to_base64": (lambda n: n.to_base64(), ValueError),
}
NO_FILE = {("none", name): use for name, use in MISSING.items()} | {
    ("folder", name): use for name, use in FOLDER.items()
}
BAD = {
    "read": (lambda n: n.read("w"), ValueError),
    "write": (lambda n: n.write("x", "r"), ValueError),
    "write of bytes as text": (lambda n: n.write(b"x"), TypeError),
    "write_text": (lambda n: n.write_text(b"x"), TypeError),
    "write_bytes": (lambda n: n.write_bytes("x"), TypeError),
    "children of a file": (lambda n: n.children(), ValueError),
    "copy_to": (lambda n: n.copy_to("mem:x", **NO_COPY), ValueError),
    "copy_to nowhere": (lambda n: n.copy_to("nowhere:x"), StorageNotFoundError),
    "move_to nowhere": (lambda n: n.move_to("nowhere:x"), StorageNotFoundError),
    "set_metadata": (lambda n: n.set_metadata({"a": 5}), (ValueError, PermissionError)),
    "fill_from_url": (lambda n: n.fill_from_url("ftp://x/y"), ValueError),
}
FOR_READING_ONLY = {
    "write": lambda n: n.write("x"),
    "write_text": lambda n: n.write_text("x"),
    "write_bytes": lambda n: n.write_bytes(b"x"),
    "append": lambda n: n.append("x"),
    "mkdir": lambda n: n.mkdir(),
    "mkdir of what exists": lambda n: n.parent.mkdir(exist_ok=True),
    "delete": lambda n: n.delete(),
    "set_metadata": lambda n: n.set_metadata({"a": "b"}),
}


@pytest.mark.parametrize(("name", "operation"), NO_FILE)
async def test_of_what_is_missing_or_a_folder(places, mount, io, name, operation):
    use, kind = NO_FILE[name, operation]
    with pytest.raises(kind) as caught:
        await io(use(places.node(mount, name)))
    assert isinstance(caught.value, StorageError)


async def test_what_is_missing_can_be_written_deleted_and_served(places, mount, io):
    missing = places.node(mount, "none")
    assert await io(missing.delete()) is None
    seen = []
    assert missing.serve({}, lambda status, headers: seen.append(status)) == [b"Not Found"]
    assert seen == ["404 Not Found"]
    assert missing.versions == []
    assert await io(missing.write_text("made")) is True


@pytest.mark.parametrize("mode", ["r", "rb", "rt", "r+", "r+b"])
def test_opening_what_is_missing(places, mount, mode):
    with pytest.raises(FileNotFoundError), places.node(mount, "none").open(mode) as file:
        file.read()


async def test_a_folder_is_not_read_written_or_served_as_a_file(places, mount, io):
    folder = places.node(mount, "folder")
    for use in (folder.read_bytes, folder.read_text):
        with pytest.raises(IsADirectoryError if mount == "home" else OSError):
            await io(use())
    if mount in ("mem", "home"):
        for use in (lambda: folder.write_text("x"), lambda: folder.append("x")):
            with pytest.raises(IsADirectoryError):
                await io(use())
    with pytest.raises(ValueError, match="directory"):
        folder.serve({}, start)
    with pytest.raises(FileExistsError):
        await io(folder.mkdir())
    assert await io(folder.mkdir(exist_ok=True)) is None
    assert isinstance(await io(folder.mtime()), float)


@pytest.mark.parametrize("operation", BAD)
async def test_of_bad_arguments(places, mount, io, operation):
    use, kind = BAD[operation]
    node = places.node(mount, "file")
    with pytest.raises(kind):
        await io(use(node))
    assert await io(node.read_text()) == "text"


@pytest.mark.parametrize("operation", FOR_READING_ONLY)
async def test_of_a_mount_for_reading_only(places, mount, io, operation):
    for name in ("file", "none", "new/none"):
        with pytest.raises(StoragePermissionError):
            await io(FOR_READING_ONLY[operation](places.node("ro", name)))
    for method in ("copy_to", "move_to"):
        with pytest.raises(StoragePermissionError, match="read-only"):
            await io(getattr(places.node(mount, "file"), method)("ro:new"))
    with pytest.raises(StoragePermissionError, match="does not have delete permission"):
        await io(places.node("ro:file").move_to("mem:elsewhere"))
    assert await io(places.node(mount, "file").read_text()) == "text"
    assert await io(places.node(mount, "new").exists()) is False


async def test_of_a_mount_without_the_right_to_delete(places, mount, io):
    for use in (lambda n: n.delete(), lambda n: n.move_to("mem:elsewhere")):
        for name in ("file", "folder"):
            with pytest.raises(StoragePermissionError, match="does not have delete permission"):
                await io(use(places.node("rw", name)))
    assert await io(places.node("rw:file").copy_to("rw:copied")) == places.node("rw:file")
    assert await io(places.node(mount, "folder/inside").read_text()) == "inside"


async def test_reading_through_a_level_is_reading(places, mount, io):
    node = places.node("ro:file")
    assert await io(node.read_text()) == "text"
    assert await io(node.size()) == 4
    assert await io(node.md5hash()) == await io(places.node(mount, "file").md5hash())
    assert (await io(node.zip())).startswith(b"PK")
    assert await io(node.to_base64(include_uri=False)) == "dGV4dA=="
    assert node.serve({}, start) == [b"text"]
    assert [child.path for child in await io(places.node("ro:").children())] == ["file", "folder"]
    await io(node.copy_to("mem:copied"))
    assert await io(places.node("mem:copied").read_text()) == "text"


def test_of_versions_that_cannot_be(places, mount):
    node = places.node(mount, "file")
    aware = node.capabilities.versioning
    now = datetime.datetime.now(datetime.UTC)
    for arguments in ({"version": 99}, {"version": "no-such-id"}, {"as_of": now - datetime.timedelta(days=9000)}):
        kind = (IndexError, FileNotFoundError) if aware else PermissionError
        with pytest.raises(kind), node.open(**arguments) as file:
            file.read()
    with pytest.raises(ValueError, match="Cannot specify both"):
        node.open(version=0, as_of=now)


@pytest.mark.parametrize("bad", ["..", "a/../b"])
def test_of_addresses(places, mount, bad):
    with pytest.raises(ValueError):
        places.node(mount, bad)
    with pytest.raises(StorageNotFoundError):
        places.node("nowhere", bad)
