"""Nodes without a place: sequences and differences of other nodes, and what cannot be done with them."""

from __future__ import annotations

import pytest

from genro_storage import StorageError, StorageNode


@pytest.fixture
def files(storage):
    """Two text files: home:a.txt and mem:b.txt."""
    return storage.node("home:a.txt"), storage.node("mem:b.txt")


async def write(io, files, *texts):
    for node, text in zip(files, texts, strict=True):
        await io(node.write_text(text))


async def test_an_iternode_reads_as_its_sources_in_order_with_nothing_between(storage, files, io):
    await write(io, files, "one\n", "zwei €")
    it = storage.iternode(*files)
    assert type(it) is StorageNode
    assert await io(it.read_text()) == "one\nzwei €"
    assert await io(it.read()) == "one\nzwei €"
    assert await io(it.read_bytes()) == "one\nzwei €".encode()
    assert await io(it.read("rb")) == "one\nzwei €".encode()
    assert await io(storage.iternode(files[1], files[0], files[1]).read_text()) == "zwei €one\nzwei €"


async def test_an_iternode_without_sources_is_empty(storage, io):
    assert await io(storage.iternode().read_text()) == ""
    assert await io(storage.iternode().read_bytes()) == b""


async def test_append_and_extend_add_at_the_end_and_are_direct(storage, files, io):
    await write(io, files, "1", "2")
    it = storage.iternode(files[0])
    assert it.append(files[1]) is None
    assert it.extend(files[0], files[0]) is None
    assert it.extend() is None
    assert await io(it.read_text()) == "1211"


async def test_append_and_extend_are_for_iternodes(storage, files):
    for node in (files[0], storage.diffnode(*files), storage.node()):
        for add in (node.append, node.extend):
            with pytest.raises(ValueError, match="only available for iternode"):
                add(files[1])
    for wrong in ("mem:b.txt", b"bytes", None):
        with pytest.raises(TypeError):
            storage.iternode().append(wrong)
    with pytest.raises(TypeError):
        storage.iternode(files[0], "mem:b.txt")


async def test_sources_are_read_at_each_read(storage, files, io):
    it = storage.iternode(*files)
    await write(io, files, "a", "b")
    assert await io(it.read_text()) == "ab"
    await write(io, files, "A", "B")
    assert await io(it.read_text()) == "AB"


async def test_virtual_nodes_nest_and_see_what_is_added_later(storage, files, io):
    await write(io, files, "a", "b")
    inner = storage.iternode(files[0])
    outer = storage.iternode(inner, files[1], inner)
    inner.append(files[1])
    assert await io(outer.read_text()) == "abbab"
    difference = storage.diffnode(inner, outer)
    assert (await io(difference.read_text())).endswith("-ab+abbab")
    assert await io(storage.iternode(difference, files[0]).read_text()) == await io(difference.read_text()) + "a"


async def test_an_iternode_cannot_hold_itself(storage, files):
    a, b = storage.iternode(), storage.iternode()
    with pytest.raises(ValueError, match="cannot hold itself"):
        a.append(a)
    b.append(storage.iternode(a))
    with pytest.raises(ValueError, match="cannot hold itself"):
        a.extend(files[0], storage.diffnode(b, files[0]))


async def test_nesting_deeper_than_any_stack_is_read_and_dropped(storage, files, io):
    await write(io, files, "x", "y")
    it = storage.iternode(files[0])
    for _ in range(50_000):
        it = storage.iternode(it)
    assert await io(it.read_text()) == "x"
    del it


async def test_a_failing_source_fails_the_read_with_its_own_error(storage, files, io):
    await io(files[0].write_text("there"))
    it = storage.iternode(files[0], storage.node("mem:missing.txt"))
    for read in (it.read_text, it.read_bytes):
        with pytest.raises(FileNotFoundError, match=r"mem:missing\.txt"):
            await io(read())
    target = storage.node("home:target")
    await io(target.write_text("old"))
    with pytest.raises(FileNotFoundError):
        await io(it.copy_to(target))
    assert await io(target.read_text()) == "old"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252", "utf-8-sig", "utf-7"])
async def test_each_source_is_decoded_by_itself(storage, files, io, encoding):
    for node in files:
        await io(node.write_text("perché", encoding))
    assert await io(storage.iternode(*files).read_text(encoding)) == "perché" * 2
    assert await io(storage.iternode(*files).read("r", encoding)) == "perché" * 2


async def test_a_letter_cut_between_two_sources_is_no_text(storage, files, io):
    await io(files[0].write_bytes("é".encode()[:1]))
    await io(files[1].write_bytes("é".encode()[1:]))
    it = storage.iternode(*files)
    assert await io(it.read_bytes()) == "é".encode()
    with pytest.raises(UnicodeDecodeError):
        await io(it.read_text())
    with pytest.raises(LookupError):
        await io(it.read_text("no-such-codec"))


async def test_a_snapshot_is_a_source_like_any_other(vault, io):
    new = vault.node("vault:f.txt")
    for text in ("old\n", "new\n"):
        await io(new.write_text(text))
    old = vault.node("vault:f.txt", version=0)
    assert await io(vault.iternode(old, new).read_text()) == "old\nnew\n"
    assert (await io(vault.diffnode(old, new).read_text())).endswith("@@ -1 +1 @@\n-old\n+new\n")
    assert await io(old.to_base64(include_uri=False)) == "b2xkCg=="
    import io as memory
    import zipfile

    archive = zipfile.ZipFile(memory.BytesIO(await io(vault.iternode(old, new).zip())))
    assert [archive.read(name) for name in archive.namelist()] == [b"old\n", b"new\n"]
    assert zipfile.ZipFile(memory.BytesIO(await io(old.zip()))).read("f.txt") == b"old\n"


async def test_copy_to_writes_the_content_and_gives_the_destination(storage, mount, files, io):
    await write(io, files, "one", "two")
    it = storage.iternode(*files)
    target = storage.node(mount, "deep/er/out.txt")
    assert await io(it.copy_to(target)) is target
    assert await io(target.read_text()) == "onetwo"
    copied = await io(it.copy_to(f"{mount}:other.txt"))
    assert copied.fullpath == f"{mount}:other.txt"
    assert await io(copied.read_text()) == "onetwo"
    await io(storage.diffnode(*files).copy_to(target))
    assert await io(target.read_text()) == "--- home:a.txt\n+++ mem:b.txt\n@@ -1 +1 @@\n-one+two"


async def test_copy_to_ignores_filters_skipping_and_callbacks_but_reports_progress(storage, files, io):
    await write(io, files, "new", "!")
    target = storage.node("home:out.txt")
    await io(target.write_text("old"))
    seen = []
    await io(
        storage.iternode(*files).copy_to(
            target,
            include="nothing",
            exclude="*",
            filter=lambda node, path: False,
            skip="exists",
            on_file=seen.append,
            on_skip=lambda node, reason: seen.append(reason),
            progress=lambda done, total: seen.append((done, total)),
        )
    )
    assert await io(target.read_text()) == "new!"
    assert seen == [(1, 1)]


async def test_copy_to_base64_gives_the_destination_its_path(storage, files, io):
    await write(io, files, "he", "llo")
    target = storage.node("b64:")
    assert await io(storage.iternode(*files).copy_to(target)) is target
    assert target.path == "aGVsbG8="
    assert await io(target.read_text()) == "hello"


async def test_copy_to_one_of_its_own_sources_reads_before_it_replaces(storage, files, io):
    await write(io, files, "one ", "two ")
    it = storage.iternode(*files, files[0])
    await io(it.copy_to(files[0]))
    assert await io(files[0].read_text()) == "one two one "


async def test_copy_to_refuses_a_folder_and_a_virtual_destination(storage, files, io):
    await write(io, files, "1", "2")
    it = storage.iternode(*files)
    await io(storage.node("home:folder").mkdir())
    with pytest.raises(IsADirectoryError):
        await io(it.copy_to(storage.node("home:folder")))
    with pytest.raises(IsADirectoryError):
        await io(it.copy_to(storage.node("home:")))
    for target in (storage.iternode(), storage.diffnode(*files)):
        for source in (it, files[0]):
            with pytest.raises(ValueError, match="Cannot write to virtual node"):
                await io(source.copy_to(target))
    with pytest.raises(StorageError):
        await io(it.copy_to(storage.node()))


async def test_copy_to_obeys_the_permissions_of_the_destination(storage, files, io):
    await write(io, files, "1", "2")
    storage.add_mount({"name": "fixed", "path": "mem:", "permissions": "readonly"})
    with pytest.raises(PermissionError):
        await io(storage.iternode(*files).copy_to(storage.node("fixed:x")))
    assert await io(storage.node("mem:x").exists()) is False


async def test_a_large_sequence_is_copied_in_pieces(storage, mount, io):
    part = storage.node("home:part.bin")
    await io(part.write_bytes(bytes(range(256)) * 12_000))  # 3 MB
    target = storage.node(mount, "whole.bin")
    await io(storage.iternode(*[part] * 8).copy_to(target))
    assert await io(target.size()) == 8 * 256 * 12_000
    assert await io(target.read_bytes()) == bytes(range(256)) * 12_000 * 8


@pytest.fixture(params=["iternode", "diffnode"])
def virtual(request, storage, files):
    return storage.iternode(*files) if request.param == "iternode" else storage.diffnode(*files)


async def test_a_virtual_node_has_no_place_and_no_name(storage, virtual, io):
    exists = await io(virtual.exists())
    assert exists is False
    assert virtual.fullpath == str(virtual) == "None:"
    assert repr(virtual) == "StorageNode('None:')"
    assert virtual.path is None
    assert (virtual.basename, virtual.stem, virtual.suffix, virtual.ext) == ("", "", "", "")
    assert virtual.ext_attributes == (None, None, False)
    assert virtual.mimetype == "application/octet-stream"


async def test_a_virtual_node_has_no_hash_and_no_base64(virtual, io):
    with pytest.raises(FileNotFoundError, match="File not found: None:"):
        await io(virtual.md5hash())
    with pytest.raises(FileNotFoundError, match="File not found: None:"):
        await io(virtual.to_base64())


async def test_every_form_of_write_to_a_virtual_node_is_refused(virtual, io):
    for write in (
        lambda: virtual.write("x"),
        lambda: virtual.write(b"x", "wb"),
        lambda: virtual.write_text("x"),
        lambda: virtual.write_bytes(b"x"),
        lambda: virtual.write_text("x", skip_if_unchanged=True),
        lambda: virtual.write_bytes(b"x", True),
    ):
        with pytest.raises(ValueError, match="Cannot write to virtual node"):
            await io(write())
    for write in (lambda: virtual.write(b"x"), lambda: virtual.write_text(b"x"), lambda: virtual.write_bytes("x")):
        with pytest.raises(TypeError):
            await io(write())
    with pytest.raises(ValueError, match="Invalid write mode"):
        await io(virtual.write("x", "r"))


@pytest.mark.parametrize("member", ["is_file", "is_dir", "size", "mtime", "children", "delete", "mkdir"])
async def test_what_needs_a_storage_is_a_typed_error(storage, virtual, io, member):
    for node in (virtual, storage.node()):
        with pytest.raises(AttributeError) as caught:
            await io(getattr(node, member)())
        assert isinstance(caught.value, StorageError)
        assert isinstance(caught.value, ValueError)


async def test_opening_linking_and_moving_a_virtual_node_is_a_typed_error(storage, virtual, io):
    for node in (virtual, storage.node()):
        with pytest.raises(AttributeError):
            node.capabilities  # noqa: B018
        with pytest.raises(AttributeError):
            node.url()
        with pytest.raises(AttributeError):
            node.child("x")
        for name in ("versions", "version_count"):
            with pytest.raises(AttributeError):
                getattr(node, name)
        for use in (node.get_metadata, lambda node=node: node.set_metadata({}), node.compact_versions):
            with pytest.raises(AttributeError):
                await io(use())
        with pytest.raises(AttributeError):
            await io(node.move_to("home:x"))
        assert getattr(node, "capabilities", None) is None


async def test_a_virtual_node_is_opened_neither_to_read_nor_to_write(virtual):
    for mode in ("r", "rb", "w", "r+b"):
        with pytest.raises(AttributeError), virtual.open(mode):
            pass


async def test_virtual_nodes_are_equal_to_themselves_only(storage, files, io):
    await write(io, files, "same", "same")
    it = storage.iternode(files[0])
    assert it == it
    assert (it == storage.iternode(files[0])) is False
    assert it != files[0]
    assert (it != it) is False
    assert it != storage.diffnode(*files)


async def test_a_detached_node_can_be_printed_and_nothing_else(storage, files, io):
    node = storage.node()
    assert (str(node), repr(node), node.path) == ("None:", "StorageNode('None:')", None)
    for use in (
        node.exists,
        node.read_text,
        node.read_bytes,
        lambda: node.write_text("x"),
        lambda: node.copy_to(files[0]),
        lambda: files[0].copy_to(node),
        node.zip,
        node.to_base64,
        node.md5hash,
    ):
        await io(files[0].write_text("there"))
        with pytest.raises(AttributeError) as caught:
            await io(use())
        assert isinstance(caught.value, StorageError)
