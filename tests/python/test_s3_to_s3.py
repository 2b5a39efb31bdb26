"""Copies from one S3 mount to another: by the server or streamed; metadata and media types come along."""

import os
from urllib.request import urlopen

import pytest

from wire import Wire

SMALL, LARGE = b"content", bytes(range(256)) * (80 << 10)  # 20 MiB: several parts
KEPT = {"author": "Zoë ☕", "state": "draft"}


def media_type(node):
    with urlopen(node.url()) as answer:
        return answer.headers["Content-Type"]


@pytest.fixture(
    params=[
        ("minio", "minio"),
        ("minio", "minio versioned"),
        ("minio versioned", "minio"),
        ("versitygw", "versitygw versioned"),
        ("minio", "versitygw"),
        ("versitygw", "minio"),
        ("moto", "minio versioned"),
        ("versitygw", "moto"),
    ],
    ids=" to ".join,
)
def mounts(request, storage, s3_config):
    """`here` and `there`: other prefixes of one bucket, other buckets of one server, or other servers."""
    for name, where in zip(("here", "there"), request.param, strict=True):
        server, _, versioned = where.partition(" ")
        storage.add_mount(s3_config(name, server, versioned=bool(versioned)))
    yield storage
    for name in ("here", "there"):
        storage.node(name, "").delete()


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_a_copied_file_keeps_its_metadata_and_its_media_type(mounts, io, data):
    source = mounts.node("here:page.html")
    await io(source.write_bytes(data))
    await io(source.set_metadata(KEPT))
    dest = mounts.node("there:renamed")
    await io(source.copy_to(dest))
    assert await io(dest.read_bytes()) == data
    assert await io(dest.get_metadata()) == KEPT
    assert media_type(dest) == "text/html"
    assert await io(source.get_metadata()) == KEPT


@pytest.mark.parametrize("enhanced", [False, True])
async def test_so_does_every_file_of_a_copied_folder(mounts, io, enhanced):
    for name in ("a.css", "sub/b"):
        await io(mounts.node("here:src", name).write_text(name))
        await io(mounts.node("here:src", name).set_metadata(KEPT | {"name": name}))
    await io(mounts.node("here:src/plain").write_text("x"))
    options = {"on_file": lambda node: None} if enhanced else {}
    await io(mounts.node("here:src").copy_to("there:dst", **options))
    for name in ("a.css", "sub/b"):
        copied = mounts.node("there:dst", name)
        assert await io(copied.read_text()) == name
        assert await io(copied.get_metadata()) == KEPT | {"name": name}
    assert await io(mounts.node("there:dst/plain").get_metadata()) == {}
    assert media_type(mounts.node("there:dst/a.css")) == "text/css"


async def test_a_moved_file_and_folder_keep_them_too(mounts, io):
    for name in ("file.json", "folder/a"):
        await io(mounts.node("here", name).write_text(name))
        await io(mounts.node("here", name).set_metadata(KEPT))
    file, folder = mounts.node("here:file.json"), mounts.node("here:folder")
    await io(file.move_to("there:moved"))
    await io(folder.move_to("there:tree"))
    assert await io(file.get_metadata()) == KEPT
    assert media_type(file) == "application/json"
    assert await io(mounts.node("there:tree/a").get_metadata()) == KEPT
    assert await io(mounts.node("here:file.json").exists()) is False
    assert await io(mounts.node("here:folder").exists()) is False


async def test_what_is_replaced_leaves_no_metadata_behind(mounts, io):
    dest = mounts.node("there:f")
    await io(dest.write_text("old"))
    await io(dest.set_metadata({"old": "yes"}))
    await io(mounts.node("here:f").write_text("new"))
    await io(mounts.node("here:f").copy_to(dest))
    assert await io(dest.read_text()) == "new"
    assert await io(dest.get_metadata()) == {}


async def test_metadata_go_through_relative_mounts_and_permissions(mounts, io):
    mounts.configure(
        [
            {"name": "from", "path": "here:in", "permissions": "readonly"},
            {"name": "to", "path": "there:out", "permissions": "readwrite"},
        ]
    )
    await io(mounts.node("here:in/f").write_text("x"))
    await io(mounts.node("here:in/f").set_metadata(KEPT))
    await io(mounts.node("from:f").copy_to("to:f"))
    assert await io(mounts.node("there:out/f").get_metadata()) == KEPT


async def test_metadata_that_the_destination_cannot_keep_are_no_failure(mounts, io):
    await io(mounts.node("here:f").write_text("x"))
    await io(mounts.node("here:f").set_metadata(KEPT))
    for name in ("home", "mem"):
        await io(mounts.node("here:f").copy_to(f"{name}:f"))
        assert await io(mounts.node(f"{name}:f").read_text()) == "x"
        assert await io(mounts.node(f"{name}:f").get_metadata()) == {}


# What goes over the wire


@pytest.fixture(params=["minio", "versitygw"])
def wires(request, storage, s3_config):
    """`a` and `b`, two buckets of one server, `part` and `careful`, views of `b`, all through one wire that counts."""
    wire = Wire(os.environ[f"GENRO_TEST_{request.param.upper()}"]) if "GENRO_TEST_MINIO" in os.environ else None
    for name, versioned in (("a", False), ("b", True)):
        config = s3_config(name, request.param, versioned=versioned)
        storage.add_mount(config | {"endpoint_url": wire.url})
    storage.configure(
        [
            {"name": "part", "path": "b:below"},
            {"name": "careful", "path": "b:", "permissions": "readwrite"},
            {"name": "reading", "path": "a:", "permissions": "readonly"},
        ]
    )
    yield wire
    for name in ("a", "b"):
        storage.node(name, "").delete()
    wire.close()


@pytest.mark.parametrize("source", ["a", "reading"])
@pytest.mark.parametrize("dest", ["a", "b", "part", "careful"])
async def test_on_one_server_the_content_stays_on_the_server(wires, storage, io, source, dest):
    await io(storage.node("a:f").write_bytes(SMALL * 1000))
    await io(storage.node("a:t/x").write_bytes(SMALL))
    await io(storage.node("a:t/y/z").write_bytes(SMALL))
    wires.seen()
    await io(storage.node(source, "f").copy_to(storage.node(dest, "copy")))
    await io(storage.node(source, "t").copy_to(storage.node(dest, "tree")))
    kinds = wires.seen()
    assert "GET" not in kinds
    assert kinds.count("PUT") == 3
    assert await io(storage.node(dest, "copy").read_bytes()) == SMALL * 1000
    assert await io(storage.node(dest, "tree/y/z").read_bytes()) == SMALL


async def test_a_move_on_one_server_does_not_read_the_content_either(wires, storage, io):
    for dest in ("a:moved", "b:moved", "part:moved"):
        await io(storage.node("a:f").write_bytes(SMALL))
        wires.seen()
        await io(storage.node("a:f").move_to(dest))
        kinds = wires.seen()
        assert "GET" not in kinds
        assert await io(storage.node(dest).read_bytes()) == SMALL
        assert await io(storage.node("a:f").exists()) is False
