"""Base64 mounts: the path is the content, and follows it."""

import asyncio
import base64
import hashlib

import pytest

from genro_storage import StorageError

HELLO = "aGVsbG8="


@pytest.mark.parametrize(
    "path",
    [HELLO, f" {HELLO}", f"{HELLO}\n", f"\t{HELLO}\r\n", "aGVs\nbG8=", "aG Vs bG8=", "a\nG\nV\ns\nb\nG\n8\n=\n"],
)
async def test_a_payload_may_be_wrapped_and_surrounded_by_white_space(storage, io, path):
    node = storage.node("b64", path)
    assert await io(node.exists()) is True
    assert await io(node.is_file()) is True
    assert await io(node.is_dir()) is False
    assert await io(node.read_bytes()) == b"hello"
    assert await io(node.read_text()) == "hello"
    assert await io(node.size()) == 5
    assert await io(node.md5hash()) == hashlib.md5(b"hello").hexdigest()
    assert node.ext_attributes[1:] == (5, False)


@pytest.mark.parametrize("path", ["", "!", "aGVsbG8", "abc", "-_-_", "aGVs\r\nbG8=", "aGVsbG8==", "=", "a===", "é"])
async def test_what_is_no_payload_is_no_file_and_says_why(storage, io, path):
    node = storage.node("b64", path)
    assert await io(node.exists()) is False
    assert await io(node.is_file()) is False
    assert await io(node.is_dir()) is False
    assert node.ext_attributes == (None, None, False)
    reason = "Invalid base64" if path else "cannot be empty"
    for question in (node.read_bytes, node.read_text, node.read, node.size, node.mtime, node.md5hash):
        with pytest.raises(FileNotFoundError, match=reason) as caught:
            await io(question())
        assert isinstance(caught.value, StorageError)
        assert caught.value.where == f"b64:{path}"
    for mode in ("r", "rb"):
        with pytest.raises(FileNotFoundError, match=reason), storage.node("b64", path).open(mode) as file:
            file.read()


async def test_the_time_is_that_of_the_mount_and_stays(storage, io):
    first = await io(storage.node("b64", HELLO).mtime())
    assert type(first) is float
    assert first > 0
    await asyncio.sleep(0.02) if asyncio._get_running_loop() else None
    assert await io(storage.node("b64", HELLO).mtime()) == first
    assert await io(storage.node("b64:eA==").mtime()) == first


@pytest.mark.parametrize("start", ["", "not base64!", "eA=="])
async def test_a_write_from_any_path_gives_the_node_that_of_its_content(storage, io, start):
    node = storage.node("b64", start)
    for data in (b"one", b"two", b"\xff\xfe\xfd" * 99, b""):
        assert await io(node.write_bytes(data)) is True
        assert node.path == base64.b64encode(data).decode()
        assert node.fullpath == f"b64:{node.path}"
        assert await io(node.read_bytes()) == data
        assert await io(node.exists()) is True
        assert await io(node.size()) == len(data)
    await io(node.write_text("perché", "latin-1"))
    assert await io(node.read_bytes()) == b"perch\xe9"


async def test_an_identical_write_can_be_skipped(storage, io):
    node = storage.node("b64", HELLO)
    assert await io(node.write_text("hello", skip_if_unchanged=True)) is False
    assert await io(node.write_bytes(b"hello", skip_if_unchanged=True)) is False
    assert node.path == HELLO
    assert await io(node.write_text("other", skip_if_unchanged=True)) is True
    for start in ("", "not base64!"):
        assert await io(storage.node("b64", start).write_text("hello", skip_if_unchanged=True)) is True


async def test_equal_payloads_are_equal_nodes(storage, io):
    assert storage.node("b64", HELLO) == storage.node("b64", HELLO)
    assert storage.node("b64", HELLO) == storage.node("b64", f"{HELLO}\n")
    assert storage.node("b64", HELLO) != storage.node("b64:eA==")
    written = storage.node("b64:")
    await io(written.write_text("hello"))
    assert written == storage.node("b64", HELLO)


def text_or_bytes(mode, data):
    return data.encode() if "b" in mode else data


@pytest.mark.parametrize(
    ("mode", "stored"),
    [
        ("w", "new"), ("wb", "new"), ("x", "new"), ("xb", "new"), ("w+b", "new"),
        ("a", "hellonew"), ("ab", "hellonew"), ("a+b", "hellonew"),
        ("r+b", "newlo"), ("r+", "newlo"),
    ],
)  # fmt: skip
def test_what_is_written_to_an_open_file_becomes_the_path_at_close(storage, mode, stored):
    node = storage.node("b64", HELLO)
    with node.open(mode) as file:
        file.write(text_or_bytes(mode, "new"))
        file.flush()
        assert node.path == HELLO
    assert node.path == base64.b64encode(stored.encode()).decode()
    assert node.read_text() == stored
    file.close()
    assert node.read_text() == stored


def test_append_to_nothing_makes_a_content(storage):
    for start in ("", "not base64!"):
        node = storage.node("b64", start)
        with node.open("a") as file:
            file.write("made")
        assert node.read_text() == "made"


def test_an_open_file_that_fails_or_changes_nothing_leaves_the_path(storage):
    node = storage.node("b64", HELLO)
    with pytest.raises(KeyError), node.open("w") as file:
        file.write("never")
        raise KeyError("stop")
    assert node.path == HELLO
    with node.open("r+b") as file:
        assert file.read() == b"hello"
    assert node.path == HELLO


@pytest.mark.loop_only
async def test_the_path_follows_also_in_a_loop(storage):
    node = storage.node("b64", HELLO)
    async with node.open("wb") as file:
        await file.write(b"one")
        assert node.path == HELLO
    assert await node.read_text() == "one"
    async with node.open("a") as file:
        await file.write(" two")
    assert await node.read_text() == "one two"
    storage.add_mount({"name": "rel", "path": "b64:"})
    node = storage.node("rel:")
    async with node.open("w") as file:
        await file.write("through")
    assert node.fullpath == f"rel:{base64.b64encode(b'through').decode()}"


async def test_reading_files_are_streams_of_the_decoded_bytes(storage, io):
    with storage.node("b64", HELLO).open("rb") as file:
        assert file.read(2) == b"he"
        assert file.seek(1) == 1
        assert file.read() == b"ello"
    text = storage.node("b64:")
    await io(text.write_text("caffè\ndue\n"))
    with text.open() as file:
        assert list(file) == ["caffè\n", "due\n"]


async def test_every_way_to_fill_a_node_gives_it_its_path(storage, io):
    node = storage.node("b64", HELLO)
    await io(node.append(b"!"))
    assert await io(node.read_text()) == "hello!"
    await io(storage.node("mem:a").write_text("moved"))
    target = storage.node("b64:")
    moved = storage.node("mem:a")
    assert await io(moved.move_to(target)) is moved
    assert moved.fullpath == target.fullpath == f"b64:{base64.b64encode(b'moved').decode()}"
    assert await io(target.read_text()) == await io(moved.read_text()) == "moved"
    assert await io(storage.node("mem:a").exists()) is False


async def test_there_are_no_folders_no_links_and_nothing_is_deleted(storage, io):
    node = storage.node("b64", HELLO)
    for refused in (node.delete, node.mkdir, lambda: node.mkdir(parents=True, exist_ok=True)):
        with pytest.raises(PermissionError, match="read-only"):
            await io(refused())
    with pytest.raises(ValueError, match="no directory structure"):
        await io(node.children())
    assert (node.url(), node.internal_url(), node.resolved_path) == (None, None, None)
    assert await io(node.get_metadata()) == {}
    assert await io(node.to_base64(include_uri=False)) == HELLO
    with pytest.raises(FileNotFoundError):
        await io(storage.node("b64:no!").to_base64())
