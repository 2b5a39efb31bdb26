"""S3 keeps a media type with each object: it is that of the node that was written."""

import io as streams
from urllib.request import urlopen

import pytest


@pytest.fixture(params=["minio", "versitygw", "moto"])
def bucket(request, storage, s3_config):
    storage.add_mount(s3_config("s3", request.param) | {"mimetypes": {"odd": "text/x-odd"}})
    yield storage
    storage.node("s3:").delete()


def media_type(node):
    with urlopen(node.url()) as answer:
        return answer.headers["Content-Type"]


async def test_every_way_to_write_stores_the_type_of_the_name(bucket, io):
    node = bucket.node("s3:page.html")
    for write in (
        lambda: node.write_bytes(b"x"),
        lambda: node.write_text("x"),
        lambda: node.write("x"),
        lambda: node.append("x"),
        lambda: bucket.iternode().copy_to(node),
    ):
        await io(node.delete())
        await io(write())
        assert media_type(node) == "text/html"
    for mode in ("w", "x", "a", "w+b"):
        await io(node.delete())
        with node.open(mode) as file:
            file.write(b"x" if "b" in mode else "x")
        assert media_type(node) == "text/html"
    with node.local_path("w") as path, open(path, "w") as file:
        file.write("new")
    assert media_type(node) == "text/html"
    large = bucket.node("s3:large.css")
    await io(large.write_bytes(bytes(20 << 20)))
    assert media_type(large) == "text/css"


async def test_a_type_that_was_said_is_stored_and_an_unknown_one_is_not(bucket, io):
    node = bucket.node("s3:data.odd")
    await io(node.write_text("x"))
    assert media_type(node) == "text/x-odd"
    node.mimetype = "text/x-own"
    await io(node.write_text("x"))
    assert media_type(node) == "text/x-own"
    plain = bucket.node("s3:unknown")
    await io(plain.write_text("x"))
    assert media_type(plain) in ("application/octet-stream", "binary/octet-stream")


async def test_what_changes_a_part_keeps_type_and_metadata(bucket, io):
    node = bucket.node("s3:a.css")
    await io(node.write_text("one"))
    await io(node.set_metadata({"state": "draft"}))
    await io(node.append(" two"))
    with node.open("a") as file:
        file.write(" three")
    with node.open("r+b") as file:
        file.seek(0, streams.SEEK_END)
        file.write(b" four")
    assert await io(node.read_text()) == "one two three four"
    assert await io(node.get_metadata()) == {"state": "draft"}
    assert media_type(node) == "text/css"
    with node.open("w") as file:
        file.write("new")
    assert await io(node.get_metadata()) == {}
