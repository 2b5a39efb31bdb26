"""What an Azure mount is: blobs below a prefix, folders that names imply, a container that others write to as well."""

import hashlib
import os
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from genro_storage import StorageConfigError, StorageManager

NAMES = ("plain", "deep/er/x", "with space", "per%41cent", "plus+and&", "café ☕", "q?versionid=1#x", "a*[b]", "tail.")


async def appended(node, data, world):
    if world == "loop":
        async with node.open("ab") as file:
            await file.write(data)
    else:
        with node.open("ab") as file:
            file.write(data)


async def test_names_are_the_prefix_and_the_path_as_they_are(azure, theirs, io):
    storage, config = azure
    for path in NAMES:
        node = storage.node("az", path)
        await io(node.write_text(path))
        assert theirs.blob(path).download_blob().readall().decode() == path
        assert node.path == path
    listed = [blob.name for blob in theirs.container.list_blobs(config["base_path"] + "/")]
    assert sorted(listed) == sorted(theirs.name(path) for path in NAMES)


async def test_what_they_write_is_read_with_all_that_they_say_of_it(azure, theirs, io):
    storage, _ = azure
    settings = theirs.library.ContentSettings(content_type="text/csv", content_language="it")
    for path in NAMES:
        theirs.blob(path).upload_blob(path.encode(), metadata={"Owner": "them"}, content_settings=settings)
    for path in NAMES:
        node = storage.node("az", path)
        assert await io(node.read_text()) == path
        assert await io(node.size()) == len(path.encode())
        properties = theirs.blob(path).get_blob_properties()
        assert await io(node.mtime()) == properties.last_modified.timestamp()
        assert await io(node.md5hash()) == hashlib.md5(path.encode()).hexdigest()
        assert await io(node.get_metadata()) == {"owner": "them"}
    names = [child.path for child in await io(storage.node("az:").children())]
    assert names == sorted({path.split("/")[0] for path in NAMES})


async def test_a_large_blob_goes_up_in_blocks_of_one_length_in_order(azure, theirs, io):
    storage, _ = azure
    content = os.urandom(1 << 20) * 20 + b"the rest"
    await io(storage.node("az:large").write_bytes(content))
    blocks, _ = theirs.blob("large").get_block_list("all")
    assert sum(block.size for block in blocks) == len(content)
    assert len(blocks) > 1
    assert len({len(block.id) for block in blocks}) == 1
    assert theirs.blob("large").download_blob().readall() == content
    assert await io(storage.node("az:large").read_bytes()) == content
    assert await io(storage.node("az:large").md5hash()) == hashlib.md5(content).hexdigest()


async def test_an_md5_is_kept_with_a_large_blob_where_the_mount_says_so(azure, theirs, io):
    storage, config = azure
    storage.add_mount(config | {"name": "summed", "store_md5": True})
    content = os.urandom(1 << 20) * 18
    await io(storage.node("summed:large").write_bytes(content))
    assert theirs.blob("large").get_blob_properties().content_settings.content_md5 == hashlib.md5(content).digest()


async def test_media_type_and_metadata_are_theirs_to_read(azure, theirs, io):
    storage, _ = azure
    node = storage.node("az:table.csv")
    await io(node.write_text("a,b"))
    assert theirs.blob("table.csv").get_blob_properties().content_settings.content_type == "text/csv"
    await io(node.set_metadata({"author": "us", "Stage": "2"}))
    assert theirs.blob("table.csv").get_blob_properties().metadata == {"author": "us", "stage": "2"}
    assert await io(node.get_metadata()) == {"author": "us", "stage": "2"}
    assert theirs.blob("table.csv").get_blob_properties().content_settings.content_type == "text/csv"
    await io(node.set_metadata({}))
    assert theirs.blob("table.csv").get_blob_properties().metadata == {}
    with pytest.raises(ValueError, match="a-b"):
        await io(node.set_metadata({"a-b": "no identifier"}))
    with pytest.raises(FileNotFoundError):
        await io(storage.node("az:nothing").set_metadata({"a": "b"}))


async def begun_anew(node, world):
    """Its first byte is written again."""
    if world == "loop":
        async with node.open("r+b") as file:
            await file.write(b"O")
    else:
        with node.open("r+b") as file:
            file.write(b"O")


FIELDS = {
    "content_type": "text/plain",
    "cache_control": "max-age=5",
    "content_disposition": "inline; filename=x",
    "content_encoding": "identity",
    "content_language": "it",
}


@pytest.mark.parametrize("size", [3, 20 << 20], ids=["one piece", "blocks"])
async def test_a_blob_written_anew_keeps_what_others_gave_it(azure, theirs, io, world, size):
    storage, _ = azure
    content = b"one" + bytes(size - 3)
    given = {
        "metadata": {"who": "they"},
        "tags": {"a b": "c/d", "e": ""},
        "standard_blob_tier": theirs.library.StandardBlobTier.COOL,
    }
    for name in ("appended", "updated", "described", "copied"):
        theirs.blob(name).upload_blob(content, content_settings=theirs.library.ContentSettings(**FIELDS), **given)
    await appended(storage.node("az:appended"), b" two", world)
    await begun_anew(storage.node("az:updated"), world)
    await io(storage.node("az:described").set_metadata({"who": "we"}))
    await io(storage.node("az:copied").copy_to("az:copy"))
    for name, changed in (
        ("appended", content + b" two"),
        ("updated", b"O" + content[1:]),
        ("described", content),
        ("copy", content),
    ):
        properties = theirs.blob(name).get_blob_properties()
        assert {field: properties.content_settings[field] for field in FIELDS} == FIELDS, name
        assert theirs.blob(name).get_blob_tags() == given["tags"], name
        assert properties.blob_tier == "Cool", name
        assert properties.metadata == {"who": "we" if name == "described" else "they"}, name
        assert theirs.blob(name).download_blob().readall() == changed, name


async def test_the_tier_of_the_mount_counts_before_that_of_the_blob(azure, theirs, io, world):
    storage, config = azure
    storage.add_mount(config | {"name": "cold", "access_tier": "Cold"})
    theirs.blob("f").upload_blob(b"one", standard_blob_tier=theirs.library.StandardBlobTier.COOL)
    await appended(storage.node("cold:f"), b" two", world)
    assert theirs.blob("f").get_blob_properties().blob_tier == "Cold"


async def test_a_name_that_is_a_blob_and_a_folder_is_deleted_as_the_blob(azure, theirs, io):
    storage, config = azure
    for name in ("d/foo", "d/foo/bar", "d/foo-1"):
        theirs.blob(name).upload_blob(name.encode())
    both = storage.node("az:d/foo")
    assert (await io(both.is_file()), await io(both.is_dir())) == (True, False)
    assert [child.path for child in await io(both.children())] == ["d/foo/bar"]
    await io(both.delete())
    assert [blob.name for blob in theirs.container.list_blobs(theirs.name("d"))] == [
        theirs.name("d/foo-1"),
        theirs.name("d/foo/bar"),
    ]
    assert await io(both.is_dir()) is True
    theirs.blob("d/foo").upload_blob(b"again")
    await io(storage.node("az:d").delete())
    assert [blob.name for blob in theirs.container.list_blobs(config["base_path"] + "/")] == []


async def test_what_is_made_by_appending_is_an_append_blob(azure, theirs, io, world):
    storage, _ = azure
    for line in (b"one\n", b"two\n"):
        await appended(storage.node("az:log"), line, world)
    assert theirs.blob("log").get_blob_properties().blob_type == "AppendBlob"
    assert await io(storage.node("az:log").read_bytes()) == b"one\ntwo\n"
    theirs.blob("theirs").upload_blob(b"one\n", blob_type="AppendBlob")
    await appended(storage.node("az:theirs"), b"two\n", world)
    assert theirs.blob("theirs").download_blob().readall() == b"one\ntwo\n"


async def test_folders_of_hadoop_are_folders(azure, theirs, io):
    storage, _ = azure
    theirs.blob("d").upload_blob(b"", metadata={"hdi_isfolder": "true"})
    theirs.blob("d/f").upload_blob(b"x")
    theirs.blob("empty").upload_blob(b"", metadata={"hdi_isfolder": "true"})
    for path in ("d", "empty"):
        assert await io(storage.node("az", path).is_dir()) is True
        assert await io(storage.node("az", path).is_file()) is False
        with pytest.raises(IsADirectoryError):
            await io(storage.node("az", path).read_bytes())
    assert [child.path for child in await io(storage.node("az:").children())] == ["d", "empty"]
    assert [child.path for child in await io(storage.node("az:d").children())] == ["d/f"]
    assert await io(storage.node("az:empty").children()) == []
    await io(storage.node("az:d").delete())
    assert [blob.name for blob in theirs.container.list_blobs(theirs.name(""))] == [theirs.name("empty")]


async def test_a_leased_blob_is_written_by_who_has_the_lease(azure, theirs, io):
    storage, config = azure
    await io(storage.node("az:f").write_text("one"))
    lease = theirs.blob("f").acquire_lease(60)
    for change in (lambda: storage.node("az:f").write_text("two"), lambda: storage.node("az:f").delete()):
        with pytest.raises(PermissionError, match="lease_id"):
            await io(change())
    assert await io(storage.node("az:f").read_text()) == "one"
    storage.add_mount(config | {"name": "holder", "lease_id": lease.id})
    await io(storage.node("holder:f").write_text("two"))
    assert await io(storage.node("az:f").read_text()) == "two"
    lease.release()


async def test_snapshots_are_versions_where_the_mount_says_so(azure, theirs, io):
    storage, config = azure
    storage.add_mount(config | {"name": "old", "version_aware": True})
    node = storage.node("old:f")
    await io(node.write_text("one"))
    snapshot = theirs.blob("f").create_snapshot()["snapshot"]
    await io(node.write_text("two"))
    versions = node.versions
    assert [version["is_latest"] for version in versions] == [False, True]
    assert versions[0]["version_id"] == f"snapshot={snapshot}"
    assert await io(storage.node("old:f", version=0).read_text()) == "one"
    assert await io(storage.node("old:f", version=-1).read_text()) == "two"
    assert storage.node("az:f").capabilities.versioning is False
    with pytest.raises(OSError, match="delete_snapshots"):
        await io(storage.node("az:f").delete())
    storage.add_mount(config | {"name": "reckless", "delete_snapshots": True})
    await io(storage.node("reckless:f").delete())
    assert await io(storage.node("az:f").exists()) is False


async def test_a_copy_is_made_by_the_service(azure, theirs, io):
    storage, config = azure
    theirs.blob("from").upload_blob(b"content", metadata={"a": "b"})
    await io(storage.node("az:from").copy_to("az:d/to"))
    properties = theirs.blob("d/to").get_blob_properties()
    assert properties.copy.status == "success"
    assert properties.metadata == {"a": "b"}
    storage.add_mount(config | {"name": "other", "base_path": config["base_path"] + "/other"})
    await io(storage.node("az:from").copy_to("other:to"))
    assert theirs.blob("other/to").get_blob_properties().copy.status == "success"
    assert await io(storage.node("other:to").read_text()) == "content"


async def test_hundreds_of_blobs_are_deleted_in_batches(azure, theirs, io):
    storage, config = azure
    for number in range(300):
        await io(storage.node(f"az:many/{number} %").write_bytes(b""))
    await io(storage.node("az:keep").write_text("x"))
    assert len(await io(storage.node("az:many").children())) == 300
    await io(storage.node("az:many").delete())
    assert [blob.name for blob in theirs.container.list_blobs(config["base_path"])] == [theirs.name("keep")]


def fetched(url):
    with urllib.request.urlopen(url) as answer:
        return answer.headers, answer.read()


async def test_a_link_is_good_for_whoever_has_it(azure, theirs, io):
    storage, _ = azure
    await io(storage.node("az:a b/ü.txt").write_text("hello"))
    assert fetched(storage.node("az:a b/ü.txt").url())[1] == b"hello"
    url = storage.node("az:a b/ü.txt").url(content_disposition="attachment; filename=x")
    assert fetched(url)[0]["Content-Disposition"] == "attachment; filename=x"
    with pytest.raises(ValueError, match="colour"):
        storage.node("az:f").url(colour="red")


async def test_their_signatures_are_credentials(azure, theirs, io):
    storage, config = azure
    await io(storage.node("az:f").write_text("one"))
    expiry = datetime.now(UTC) + timedelta(hours=1)
    account = {"account_name": config["account_name"], "account_key": config["account_key"], "expiry": expiry}
    of_container = theirs.library.generate_container_sas(container_name=config["container"], permission="rl", **account)
    of_account = theirs.library.generate_account_sas(resource_types="co", permission="rwdlac", **account)
    unsigned = {key: value for key, value in config.items() if key != "account_key"}
    storage.add_mount(unsigned | {"name": "reader", "sas_token": "?" + of_container})
    storage.add_mount(unsigned | {"name": "writer", "sas_token": of_account})
    assert await io(storage.node("reader:f").read_text()) == "one"
    assert [child.path for child in await io(storage.node("reader:").children())] == ["f"]
    with pytest.raises(PermissionError):
        await io(storage.node("reader:f").write_text("two"))
    await io(storage.node("writer:f").write_text("two"))
    await io(storage.node("writer:f").copy_to("writer:g"))
    assert await io(storage.node("az:g").read_text()) == "two"
    await io(storage.node("writer:g").delete())
    with pytest.raises(PermissionError, match="account's key"):
        storage.node("writer:f").url()


async def test_a_connection_string_says_it_all(azure, io):
    storage, config = azure
    parts = {"BlobEndpoint": "endpoint_url", "AccountName": "account_name", "AccountKey": "account_key"}
    text = ";".join(f"{name}={config[key]}" for name, key in parts.items())
    given = {key: value for key, value in config.items() if key not in ("account_key", "endpoint_url")}
    storage.add_mount(given | {"name": "said", "connection_string": text})
    await io(storage.node("said:f").write_text("x"))
    assert await io(storage.node("az:f").read_text()) == "x"


async def test_credentials_come_from_the_environment_of_the_same_account_only(azure, io, monkeypatch):
    storage, config = azure
    bare = {key: value for key, value in config.items() if key != "account_key"}
    monkeypatch.setenv("AZURE_STORAGE_KEY", config["account_key"])
    storage.add_mount(bare | {"name": "found"})
    await io(storage.node("found:f").write_text("x"))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "somebodyelse")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")  # nobody is there
    storage.add_mount(bare | {"name": "unsigned"})
    with pytest.raises(PermissionError):
        await io(storage.node("unsigned:f").read_text())


async def test_wrong_credentials_and_absent_containers_are_told_apart(azure, io):
    storage, config = azure
    storage.add_mount(config | {"name": "wrong", "account_key": "d3Jvbmc="})
    with pytest.raises(PermissionError):
        await io(storage.node("wrong:f").read_bytes())
    storage.add_mount(config | {"name": "nowhere", "container": "no-such-container"})
    node = storage.node("nowhere:f")
    assert await io(node.exists()) is False
    for use in (node.read_bytes, node.size, lambda: node.write_text("x")):
        with pytest.raises(FileNotFoundError):
            await io(use())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"container": ""}, "missing required field: 'container'"),
        ({"account_name": ""}, "missing required field: 'account_name'"),
        ({"account_key": "no base64!"}, "base64"),
        ({"connection_string": "nonsense"}, "name=value"),
        ({"connection_string": "AccountName=other;AccountKey=eA=="}, "account_name"),
        ({"endpoint_url": "ftp://x"}, "URL with http or https"),
        ({"part_size": 0}, "4000 MiB"),
        ({"container": "a/b"}, "container"),
        ({"base_path": "a/../b"}, "base_path"),
    ],
)
def test_wrong_configurations_are_refused(wrong, words):
    config = {"name": "az", "protocol": "azure", "container": "c", "account_name": "a", "account_key": "eA=="}
    with pytest.raises(StorageConfigError, match=words):
        StorageManager().configure([config | wrong])


def test_a_configuration_shows_no_secret():
    manager = StorageManager()
    for secret in ({"account_key": "c2VjcmV0"}, {"sas_token": "sig=c2VjcmV0"}):
        manager.configure([{"name": "az", "protocol": "azure", "container": "c", "account_name": "a", **secret}])
        assert "c2VjcmV0" not in repr(manager.node("az:f")) + str(manager)
