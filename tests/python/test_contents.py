"""Whole contents: reading, writing, asking."""

import hashlib
import time

import pytest

from genro_storage import StorageError, StorageNotFoundError


async def test_written_bytes_read_back(storage, mount, io):
    node = storage.node(mount, "a/b.bin")
    assert await io(node.write_bytes(b"\x00\xff data")) is True
    assert await io(node.read_bytes()) == b"\x00\xff data"
    assert await io(node.read("rb")) == b"\x00\xff data"


async def test_written_text_reads_back_with_its_newlines(storage, mount, io):
    node = storage.node(mount, "t.txt")
    text = "caffè\r\nuno\rdue\n"
    assert await io(node.write_text(text)) is True
    assert await io(node.read_text()) == text
    assert await io(node.read()) == text
    assert await io(node.read_bytes()) == text.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "cp1252"])
async def test_every_codec_of_python_serves(storage, io, encoding):
    node = storage.node("mem:t.txt")
    await io(node.write_text("perché", encoding))
    assert await io(node.read_bytes()) == "perché".encode(encoding)
    assert await io(node.read_text(encoding=encoding)) == "perché"
    assert await io(node.read("r", encoding)) == "perché"


@pytest.mark.parametrize("mode", [None, 3, b"r", "", "rt", "w+"])
async def test_what_is_no_mode_is_a_value_error(storage, io, mode):
    node = storage.node("mem:f")
    await io(node.write_text("x"))
    with pytest.raises(ValueError, match="Invalid read mode"):
        await io(node.read(mode))
    with pytest.raises(ValueError, match="Invalid write mode"):
        await io(node.write("y", mode=mode))
    assert await io(node.read_text()) == "x"


async def test_write_and_read_check_their_mode(storage, io):
    node = storage.node("mem:t")
    with pytest.raises(ValueError, match="Invalid read mode"):
        await io(node.read("w"))
    with pytest.raises(ValueError, match="Invalid write mode"):
        await io(node.write("x", "r"))
    assert await io(node.exists()) is False


@pytest.mark.parametrize(("data", "mode"), [(b"x", "w"), ("x", "wb"), (bytearray(b"x"), "wb"), (None, "w")])
async def test_write_refuses_data_of_the_wrong_type_and_makes_no_file(storage, mount, io, data, mode):
    node = storage.node(mount, "t")
    with pytest.raises(TypeError):
        await io(node.write(data, mode))
    assert await io(node.exists()) is False


@pytest.mark.parametrize("data", ["text", None, 5])
async def test_write_bytes_refuses_what_is_no_bytes(storage, io, data):
    with pytest.raises(TypeError, match="bytes-like"):
        await io(storage.node("mem:t").write_bytes(data))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
async def test_write_bytes_takes_any_buffer_as_it_is_at_the_call(storage, mount, io, kind):
    source = bytearray(b"before" * 1000)
    node = storage.node(mount, "t")
    pending = node.write_bytes(kind(source))
    if kind is not bytes:
        source[:6] = b"AFTER!"
    await io(pending)
    source[6:12] = b"LATER!"
    stored = await io(node.read_bytes())
    assert stored[6:] == b"before" * 999
    assert len(stored) == 6000


async def test_empty_content_is_a_file(storage, mount, io):
    node = storage.node(mount, "empty")
    assert await io(node.write_bytes(b"")) is True
    assert await io(node.read_bytes()) == b""
    assert await io(node.read_text()) == ""
    assert await io(node.size()) == 0
    assert await io(node.exists()) is True


async def test_questions_about_a_file(storage, mount, io):
    node = storage.node(mount, "d/f.txt")
    before = time.time()
    await io(node.write_bytes(b"12345"))
    assert await io(node.exists()) is True
    assert await io(node.is_file()) is True
    assert await io(node.is_dir()) is False
    assert await io(node.size()) == 5
    mtime = await io(node.mtime())
    assert type(mtime) is float
    assert abs(mtime - before) < 60
    assert await io(node.md5hash()) == hashlib.md5(b"12345").hexdigest()
    assert node.ext_attributes[1:] == (5, False)


async def test_questions_about_a_folder(storage, mount, io):
    await io(storage.node(mount, "d/f.txt").write_bytes(b"1"))
    folder = storage.node(mount, "d")
    assert await io(folder.exists()) is True
    assert await io(folder.is_file()) is False
    assert await io(folder.is_dir()) is True
    with pytest.raises(ValueError, match="directory"):
        await io(folder.size())
    with pytest.raises(ValueError, match=f"Cannot compute hash of directory.*{mount}:d"):
        await io(folder.md5hash())
    assert folder.ext_attributes[1:] == (None, True)


async def test_questions_about_nothing(storage, mount, io):
    node = storage.node(mount, "missing")
    assert await io(node.exists()) is False
    assert await io(node.is_file()) is False
    assert await io(node.is_dir()) is False
    assert node.ext_attributes == (None, None, False)
    for question in (node.size, node.mtime, node.md5hash, node.read_bytes, node.read_text, node.read):
        with pytest.raises(FileNotFoundError):
            await io(question())


async def test_a_missing_file_is_a_storage_error_that_names_its_place(storage, mount, io):
    with pytest.raises(StorageNotFoundError) as caught:
        await io(storage.node(mount, "no/such.txt").read_bytes())
    error = caught.value
    assert isinstance(error, StorageError)
    assert error.code == "not_found"
    assert error.operation == "read"
    assert error.where == f"{mount}:no/such.txt"
    assert f"{mount}:no/such.txt" in str(error)


async def test_skip_if_unchanged_writes_only_what_differs(storage, mount, io):
    node = storage.node(mount, "s.txt")
    assert await io(node.write_text("one", skip_if_unchanged=True)) is True
    assert await io(node.write_text("one", skip_if_unchanged=True)) is False
    assert await io(node.write_bytes(b"one", skip_if_unchanged=True)) is False
    assert await io(node.write("one", "w", "utf-8", True)) is False
    assert await io(node.write_bytes(b"two", True)) is True
    assert await io(node.read_bytes()) == b"two"


async def test_text_that_cannot_be_encoded_leaves_the_old_content(storage, mount, io):
    node = storage.node(mount, "t")
    await io(node.write_text("old"))
    with pytest.raises(UnicodeEncodeError):
        await io(node.write_text("日本", encoding="ascii"))
    with pytest.raises(UnicodeEncodeError):
        await io(node.write_text("\ud800"))
    with pytest.raises(LookupError):
        await io(node.write_text("x", encoding="no-such-codec"))
    assert await io(node.read_text()) == "old"


async def test_bytes_that_are_no_text_are_a_decoding_error(storage, mount, io):
    node = storage.node(mount, "t")
    await io(node.write_bytes(b"\xff\xfe\xfa"))
    with pytest.raises(UnicodeDecodeError):
        await io(node.read_text())
    with pytest.raises(LookupError):
        await io(node.read_text("no-such-codec"))


async def test_append_adds_at_the_end_and_makes_the_file(storage, mount, io):
    node = storage.node(mount, "log.txt")
    await io(node.append(b"one "))
    await io(node.append("due"))
    assert await io(node.read_bytes()) == b"one due"


async def test_append_of_a_node_is_for_iternodes(storage):
    with pytest.raises(ValueError, match="only available for iternode"):
        storage.node("mem:a").append(storage.node("mem:b"))
    with pytest.raises(ValueError, match="only available for iternode"):
        storage.node("mem:a").extend(storage.node("mem:b"))


async def test_read_into_fills_a_buffer_from_an_offset(storage, mount, io):
    node = storage.node(mount, "t")
    await io(node.write_bytes(b"0123456789"))
    buffer = bytearray(4)
    assert await io(node.read_into(buffer)) == 4
    assert buffer == b"0123"
    assert await io(node.read_into(buffer, 8)) == 2
    assert buffer == b"8923"
    assert await io(node.read_into(buffer, offset=10)) == 0
    with pytest.raises(BufferError):
        await io(node.read_into(b"read-only"))


async def test_a_megabyte_makes_the_round_trip(storage, mount, io):
    data = bytes(range(256)) * 4096 * 3
    node = storage.node(mount, "big.bin")
    await io(node.write_bytes(data))
    assert await io(node.read_bytes()) == data
    assert await io(node.size()) == len(data)
    assert await io(node.md5hash()) == hashlib.md5(data).hexdigest()


async def test_base64_nodes_carry_their_content_in_the_path(storage, io):
    node = storage.node("b64:")
    assert await io(node.write_bytes(b"\xff\xff\xfe" * 5)) is True
    assert node.path == "///+" * 5
    assert await io(node.read_bytes()) == b"\xff\xff\xfe" * 5
    again = storage.node(node.fullpath)
    assert await io(again.read_bytes()) == b"\xff\xff\xfe" * 5
    assert await io(again.size()) == 15
    with pytest.raises(FileNotFoundError, match="Invalid base64"):
        await io(storage.node("b64:???").read_bytes())
    with pytest.raises(PermissionError, match="read-only"):
        await io(again.delete())


async def test_get_many_reads_nodes_and_addresses_in_order(storage, mount, io):
    nodes = [storage.node(mount, f"f{i}") for i in range(20)]
    for i, node in enumerate(nodes):
        await io(node.write_bytes(str(i).encode()))
    mixed = [node if i % 2 else node.fullpath for i, node in enumerate(nodes)]
    assert await io(storage.get_many(mixed)) == [str(i).encode() for i in range(20)]
    with pytest.raises(FileNotFoundError):
        await io(storage.get_many([nodes[0], storage.node(mount, "none")]))
    first, second = await io(storage.get_many([nodes[3], f"{mount}:none"], return_exceptions=True))
    assert first == b"3"
    assert isinstance(second, FileNotFoundError)
