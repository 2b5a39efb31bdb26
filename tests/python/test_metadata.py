"""User metadata of files: on real S3 servers, and what mounts without metadata answer."""

import pytest

from genro_storage import StoragePermissionError


@pytest.fixture(params=["minio", "versitygw", "moto"])
def bucket(request, storage, s3_config):
    storage.add_mount(s3_config("s3", request.param))
    yield storage
    storage.node("s3:").delete()


async def test_metadata_are_replaced_as_a_whole_and_the_content_stays(bucket, io):
    node = bucket.node("s3:dir/é.txt")
    await io(node.write_text("content"))
    assert await io(node.get_metadata()) == {}
    assert await io(node.set_metadata({"author": "Zoë ☕", "state": "draft", "empty-ish": " x "})) is None
    assert await io(node.get_metadata()) == {"author": "Zoë ☕", "state": "draft", "empty-ish": " x "}
    await io(node.set_metadata({"only": "this"}))
    assert await io(node.get_metadata()) == {"only": "this"}
    assert await io(node.read_text()) == "content"
    await io(node.set_metadata({}))
    assert await io(node.get_metadata()) == {}
    await io(node.write_text("new content"))
    assert await io(node.get_metadata()) == {}


async def test_names_come_back_in_lower_case(bucket, io):
    node = bucket.node("s3:a")
    await io(node.write_text("x"))
    await io(node.set_metadata({"Author": "me"}))
    assert await io(node.get_metadata()) == {"author": "me"}


async def test_a_copy_takes_its_metadata_along(bucket, io):
    node = bucket.node("s3:a")
    await io(node.write_text("x"))
    await io(node.set_metadata({"state": "draft"}))
    await io(node.copy_to("s3:b"))
    assert await io(bucket.node("s3:b").get_metadata()) == {"state": "draft"}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        ["a"],
        "a",
        {"a": 1},
        {1: "a"},
        {"a": None},
        {"": "x"},
        {"a b": "x"},
        {"a\r\nx-amz-acl": "public-read"},
        {"é": "x"},
        {"a": "nul\0"},
        {"a": "\ud800"},
        {"a": "1", "A": "2"},
    ],
)
async def test_what_is_no_metadata_is_a_value_error(bucket, storage, io, wrong):
    for address in ("s3:a", "mem:a"):
        node = storage.node(address)
        await io(node.write_text("x"))
        with pytest.raises(ValueError):
            await io(node.set_metadata(wrong))
    assert await io(bucket.node("s3:a").get_metadata()) == {}


async def test_line_breaks_in_values_stay_in_the_value(bucket, io):
    node = bucket.node("s3:a")
    await io(node.write_text("x"))
    await io(node.set_metadata({"a": "one\r\nx-amz-acl: public-read"}))
    assert await io(node.get_metadata()) == {"a": "one\r\nx-amz-acl: public-read"}


async def test_a_missing_file_has_no_metadata_to_get_or_set(bucket, io):
    node = bucket.node("s3:none")
    with pytest.raises(FileNotFoundError):
        await io(node.get_metadata())
    with pytest.raises(FileNotFoundError):
        await io(node.set_metadata({"a": "b"}))
    assert await io(node.exists()) is False


async def test_a_folder_has_none(bucket, io):
    await io(bucket.node("s3:d/a").write_text("x"))
    assert await io(bucket.node("s3:d").get_metadata()) == {}
    with pytest.raises(FileNotFoundError):
        await io(bucket.node("s3:d").set_metadata({"a": "b"}))


async def test_memory_looks_for_the_file_then_at_the_metadata_then_refuses(storage, io):
    node = storage.node("mem:a")
    with pytest.raises(FileNotFoundError):
        await io(node.get_metadata())
    for metadata in ({"a": "b"}, 5):
        with pytest.raises(FileNotFoundError):
            await io(node.set_metadata(metadata))
    await io(node.write_text("x"))
    assert await io(node.get_metadata()) == {}
    with pytest.raises(ValueError):
        await io(node.set_metadata({"a": 5}))
    with pytest.raises(PermissionError, match="does not support metadata"):
        await io(node.set_metadata({"a": "b"}))


@pytest.mark.parametrize("mount_name", ["home", "b64"])
async def test_local_and_base64_have_no_metadata_whether_the_file_is_there_or_not(storage, io, mount_name):
    node = storage.node(mount_name, "missing!")
    assert await io(node.get_metadata()) == {}
    for metadata in ({"a": "b"}, 5):
        with pytest.raises(PermissionError, match="does not support metadata"):
            await io(node.set_metadata(metadata))


async def test_a_readonly_mount_refuses_first(bucket, storage, io):
    for parent in ("s3", "mem", "home"):
        storage.add_mount({"name": "view", "path": f"{parent}:", "permissions": "readonly"})
        for metadata in ({"a": "b"}, 5):
            with pytest.raises(StoragePermissionError, match="read-only"):
                await io(storage.node("view:a").set_metadata(metadata))
    storage.add_mount({"name": "edit", "path": "s3:", "permissions": "readwrite"})
    await io(storage.node("edit:a").write_text("x"))
    await io(storage.node("edit:a").set_metadata({"a": "b"}))
    assert await io(storage.node("edit:a").get_metadata()) == {"a": "b"}
