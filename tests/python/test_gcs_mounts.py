"""What a gcs mount is: objects of a bucket, on fake-gcs-server; and what a server does that is stricter, or wrong."""

import gzip
import os
import uuid

import pytest

from cloud import cloud_mount
from genro_storage import StorageConfigError, StorageError, StorageManager
from genro_storage.exceptions import StorageAuthenticationError, StorageConflictError, StorageCorruptError

LARGE = bytes(range(256)) * 4096


@pytest.fixture
def bucket(storage):
    """A manager with `g`, a mount of a real server, below a prefix of its own."""
    if "GENRO_TEST_FAKE_GCS" not in os.environ:
        pytest.skip("no fake-gcs-server: GENRO_TEST_FAKE_GCS is not set")
    storage.add_mount(
        {
            "name": "g",
            "protocol": "gcs",
            "bucket": os.environ["GENRO_TEST_FAKE_GCS_BUCKET"],
            "base_path": f"python-{uuid.uuid4().hex}",
            "endpoint_url": os.environ["GENRO_TEST_FAKE_GCS"],
            "token": "anon",
            "project": "genro-test",
        }
    )
    return storage


async def test_a_file_is_written_read_listed_and_deleted(bucket, io):
    node = bucket.node("g:d/a b.txt")
    assert await io(node.exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(node.read_bytes())
    await io(node.write_text("hello"))
    assert await io(node.read_text()) == "hello"
    assert (await io(node.size()), await io(node.is_file())) == (5, True)
    assert await io(node.md5hash()) == "5d41402abc4b2a76b9719d911017c592"
    assert isinstance(await io(node.mtime()), float)
    assert [child.path for child in await io(bucket.node("g:").children())] == ["d"]
    assert await io(bucket.node("g:d").is_dir())
    await io(node.delete())
    assert await io(node.exists()) is False
    await io(node.delete())


async def test_names_with_all_kinds_of_characters_are_kept_apart(bucket, io):
    names = ["a+b", "a%2Fb", "a#b?c", "[x]*", "é", "e\u0301", "日本", ".dot", "end.", "a&b=c", '"q"']
    for name in names:
        await io(bucket.node("g:odd").child(name).write_text(name))
    assert [child.basename for child in await io(bucket.node("g:odd").children())] == sorted(
        names, key=lambda name: name.encode()
    )
    for name in names:
        assert await io(bucket.node("g:odd").child(name).read_text()) == name
    await io(bucket.node("g:odd").child("[x]*").delete())
    assert len(await io(bucket.node("g:odd").children())) == len(names) - 1


async def test_an_empty_file_and_a_part_of_a_file_are_read(bucket, io, world):
    await io(bucket.node("g:empty").write_bytes(b""))
    assert await io(bucket.node("g:empty").read_bytes()) == b""
    await io(bucket.node("g:large").write_bytes(LARGE))
    file = bucket.node("g:large").open("rb")
    file = await file.__aenter__() if world == "loop" else file
    await io(file.seek(1000))
    assert await io(file.read(10)) == LARGE[1000:1010]
    await io(file.seek(len(LARGE)))
    assert await io(file.read()) == b""
    await io(file.close())


async def test_a_tree_is_copied_moved_and_removed_by_the_server(bucket, io):
    for name in ("a", "b/c", "b/d/e"):
        await io(bucket.node("g:tree").child(*name.split("/")).write_text(name))
    await io(bucket.node("g:tree").copy_to(bucket.node("g:copy")))
    assert await io(bucket.node("g:copy/b/d/e").read_text()) == "b/d/e"
    await io(bucket.node("g:copy").move_to(bucket.node("g:moved")))
    assert await io(bucket.node("g:copy").exists()) is False
    await io(bucket.node("g:tree").delete())
    assert [child.path for child in await io(bucket.node("g:").children())] == ["moved"]


async def test_what_is_larger_than_a_put_goes_up_in_parts(bucket, io):
    content = LARGE * 40 + b"end"
    await io(bucket.node("g:many").write_bytes(content))
    assert await io(bucket.node("g:many").read_bytes()) == content
    await io(bucket.node("g:many").copy_to(bucket.node("mem:many")))
    await io(bucket.node("mem:many").copy_to(bucket.node("g:again")))
    assert await io(bucket.node("g:again").size()) == len(content)


async def test_metadata_and_media_type_are_kept(bucket, io):
    node = bucket.node("g:a.html")
    await io(node.write_text("<p>"))
    await io(node.set_metadata({"author": "Ada", "Note": "é"}))
    assert await io(node.get_metadata()) == {"author": "Ada", "Note": "é"}
    await io(node.copy_to(bucket.node("g:b.html")))
    assert await io(bucket.node("g:b.html").get_metadata()) == {"author": "Ada", "Note": "é"}


async def test_many_files_are_removed_in_batches(cloud, storage, io):
    for number in range(250):
        cloud.put(f"d/{number}", b"x")
    await io(storage.node("g:d").delete())
    assert cloud.live == {}
    assert len([target for target in cloud.targets("POST") if target == "batch/storage/v1"]) == 3
    assert cloud.targets("DELETE") == []


async def test_metadata_that_is_replaced_loses_what_it_had(cloud, storage, io):
    cloud.put("a", b"x", metadata={"old": "1", "both": "2"}, cacheControl="no-store")
    await io(storage.node("g:a").set_metadata({"both": "3", "new": "4"}))
    assert cloud.live["a"].fields == {"metadata": {"both": "3", "new": "4"}, "cacheControl": "no-store"}
    assert cloud.live["a"].generation == 1


async def test_metadata_comes_along_to_another_store(cloud, storage, io):
    cloud.put("a", b"x", metadata={"author": "Ada"}, contentType="text/html")
    other = type(cloud)()
    storage.add_mount(cloud_mount(other, "other"))
    await io(storage.node("g:a").copy_to(storage.node("other:a")))
    assert other.live["a"].fields == {"metadata": {"author": "Ada"}, "contentType": "text/html"}
    other.stop()


async def test_a_copy_takes_as_many_steps_as_the_server_wants(cloud, storage, io):
    cloud.put("a", b"x" * 1000, storageClass="COLDLINE", metadata={"k": "v"})
    cloud.steps_of_copy = 5
    await io(storage.node("g:a").copy_to(storage.node("g:b")))
    assert cloud.live["b"].content == b"x" * 1000
    assert cloud.live["b"].fields == {"storageClass": "COLDLINE", "metadata": {"k": "v"}}
    assert sum("rewriteTo" in target for target in cloud.targets("POST")) == 5


async def test_a_copy_that_makes_no_progress_is_given_up(cloud, storage, io):
    cloud.put("a", b"x" * 1000)
    cloud.steps_of_copy, cloud.copies_nothing = 1000, True
    with pytest.raises(StorageError, match="copies nothing"):
        await io(storage.node("g:a").copy_to(storage.node("g:b")))
    assert sum("rewriteTo" in target for target in cloud.targets("POST")) < 30


async def test_a_listing_of_many_pages_is_one(cloud, storage, io):
    for number in range(25):
        cloud.put(f"d/{number:02}", b"x")
    cloud.put("d/sub/x", b"x")
    cloud.page_size = 10
    assert len(await io(storage.node("g:d").children())) == 26


async def test_a_content_that_is_damaged_on_its_way_is_never_taken(cloud, storage, io):
    cloud.put("a", LARGE)
    cloud.damages_downloads = True
    with pytest.raises(StorageCorruptError):
        await io(storage.node("g:a").read_bytes())
    cloud.damages_uploads = True
    with pytest.raises(StorageCorruptError):
        await io(storage.node("g:b").write_bytes(b"hello"))


async def test_options_are_of_what_is_stored(cloud, storage, io):
    options = {"storage_class": "NEARLINE", "cache_control": "no-cache", "custom_time": "2026-01-31T12:00:00Z"}
    options |= {"kms_key": "projects/p/locations/l/keyRings/r/cryptoKeys/k", "user_project": "payer"}
    storage.add_mount(cloud_mount(cloud, "o", **options))
    await io(storage.node("o:a.txt").write_text("x"))
    assert cloud.live["a.txt"].fields == {
        "contentType": "text/plain",
        "storageClass": "NEARLINE",
        "cacheControl": "no-cache",
        "customTime": "2026-01-31T12:00:00Z",
    }
    asked = cloud.requests[-1].query
    assert asked["kmsKeyName"] == options["kms_key"]
    await io(storage.node("o:a.txt").read_text())
    await io(storage.node("o:").children())
    await io(storage.node("o:a.txt").delete())
    assert {request.query.get("userProject") for request in cloud.requests if "batch" not in request.key} == {"payer"}


async def test_what_is_stored_compressed_is_read_as_it_is_stored(cloud, storage, io, world):
    packed = gzip.compress(LARGE, mtime=0)
    cloud.put("a", packed, contentEncoding="gzip")
    assert await io(storage.node("g:a").read_bytes()) == packed
    assert await io(storage.node("g:a").size()) == len(packed)
    cloud.decompresses = True
    with pytest.raises(OSError, match="decompressed"):
        await io(storage.node("g:a").read_bytes())


async def test_a_condition_is_the_generation(cloud, storage, io, world):
    cloud.put("a", b"old")
    file = storage.node("g:a").open("r+b")
    file = await file.__aenter__() if world == "loop" else file
    await io(file.write(b"new"))
    cloud.put("a", b"between")
    with pytest.raises(StorageConflictError):
        await io(file.close())
    assert cloud.live["a"].content == b"between"


async def test_a_missing_bucket_holds_nothing_and_takes_nothing(cloud, storage, io):
    storage.add_mount(cloud_mount(cloud, "none", bucket="absent"))
    assert await io(storage.node("none:a").exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(storage.node("none:a").read_bytes())
    with pytest.raises(FileNotFoundError):
        await io(storage.node("none:a").write_bytes(b"x"))


async def test_refusals_say_whether_it_is_who_asks_or_what_may_be_done(cloud, storage, io):
    cloud.put("a", b"x")
    cloud.answer = lambda request, connection: cloud.wrong(403, "forbidden", "robot does not have storage.objects.get")
    with pytest.raises(PermissionError, match=r"robot does not have storage\.objects\.get"):
        await io(storage.node("g:a").read_bytes())
    cloud.answer = lambda request, connection: cloud.wrong(401, "required", "Anonymous caller")
    with pytest.raises(StorageAuthenticationError, match="Anonymous caller"):
        await io(storage.node("g:a").read_bytes())


async def test_what_no_name_can_be_is_refused_before_anything_is_sent(cloud, storage, io):
    with pytest.raises(OSError, match="1024 bytes"):
        await io(storage.node("g:" + "x/" * 600).write_text("x"))
    with pytest.raises(ValueError, match="line ends"):
        await io(storage.node("g:a\nb").write_text("x"))
    assert cloud.requests == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"bucket": "no/bucket"}, "bucket"),
        ({"token": "browser"}, "gcloud auth application-default login"),
        ({"token": 3}, "token"),
        ({"endpoint_url": "ftp://x"}, "endpoint_url"),
        ({"hmac_secret": "x"}, "hmac_key"),
        ({"part_size": 1000}, "262144"),
        ({"custom_time": "yesterday"}, "custom_time"),
    ],
)
def test_a_wrong_option_is_named(wrong, says):
    with pytest.raises(StorageConfigError, match=says):
        StorageManager().configure([{"name": "g", "protocol": "gcs", "bucket": "b", "token": "anon"} | wrong])


async def test_an_emulator_of_the_environment_is_found_without_a_token(cloud, storage, io, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.url.removeprefix("http://"))
    cloud.put("a", b"hello")
    storage.add_mount({"name": "e", "protocol": "gcs", "bucket": "bucket"})
    assert await io(storage.node("e:a").read_text()) == "hello"
