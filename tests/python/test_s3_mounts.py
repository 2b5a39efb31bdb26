"""What an S3 mount is: keys below a prefix, folders that keys imply, a bucket that others write to as well."""

import os

import pytest

from genro_storage import StoragePermissionError


@pytest.fixture(params=["minio", "versitygw", "moto"])
def bucket(request, storage, s3_config):
    """The manager with `s3`, and what it was configured with."""
    config = s3_config("s3", request.param)
    storage.add_mount(config)
    yield storage, config
    storage.node("s3:").delete()


@pytest.fixture
def client(bucket, boto_client):
    return boto_client(bucket[1])


async def test_keys_are_the_prefix_and_the_path_as_they_are(bucket, client, io):
    storage, config = bucket
    for path in ("plain", "deep/er/x", "with space", "per%41cent", "plus+and&", "café ☕", "q?versionId=1#x", "a*[b]"):
        node = storage.node("s3", path)
        await io(node.write_text(path))
        body = client.get_object(Bucket=config["bucket"], Key=f"{config['base_path']}/{path}")["Body"]
        assert body.read().decode() == path
        body.close()
        assert node.path == path


async def test_what_other_clients_do_is_seen_at_once(bucket, client, io):
    storage, config = bucket
    node, key = storage.node("s3:d/f"), f"{config['base_path']}/d/f"
    assert await io(node.exists()) is False
    assert await io(storage.node("s3:d").exists()) is False
    client.put_object(Bucket=config["bucket"], Key=key, Body=b"one")
    assert await io(node.read_bytes()) == b"one"
    assert [child.path for child in await io(storage.node("s3:d").children())] == ["d/f"]
    client.put_object(Bucket=config["bucket"], Key=key, Body=b"other")
    assert await io(node.size()) == 5
    assert await io(node.read_bytes()) == b"other"
    modified = client.head_object(Bucket=config["bucket"], Key=key)["LastModified"].timestamp()
    assert await io(node.mtime()) == modified
    client.delete_object(Bucket=config["bucket"], Key=key)
    assert await io(node.exists()) is False
    assert await io(storage.node("s3:d").exists()) is False


async def test_a_folder_is_there_while_a_key_lies_below_it(bucket, io):
    storage, _ = bucket
    await io(storage.node("s3:a/b/c/f").write_text("x"))
    for path in ("a", "a/b", "a/b/c"):
        assert await io(storage.node("s3", path).is_dir()) is True
    assert await io(storage.node("s3:a/b/").is_file()) is False
    assert await io(storage.node("s3:a/").exists()) is True
    assert await io(storage.node("s3:a/bb").exists()) is False
    assert storage.node("s3:a").ext_attributes == (None, None, True)
    await io(storage.node("s3:a").delete())
    for path in ("a", "a/b/c", "a/b/c/f"):
        assert await io(storage.node("s3", path).exists()) is False


async def test_deleting_takes_all_keys_below_and_no_neighbour(bucket, io):
    storage, _ = bucket
    for path in ("d/a", "d/b/c", "dd", "d.txt", "d-x/y"):
        await io(storage.node("s3", path).write_text("x"))
    await io(storage.node("s3:d").delete())
    assert [child.path for child in await io(storage.node("s3:").children())] == ["d-x", "d.txt", "dd"]


async def test_literal_names_are_copied_and_deleted_literally(bucket, io):
    storage, _ = bucket
    for path in ("b?", "bx", "g[1]/a", "g1/a"):
        await io(storage.node("s3", path).write_text(path))
    await io(storage.node("s3:b?").copy_to("s3:c*"))
    assert await io(storage.node("s3:c*").read_text()) == "b?"
    await io(storage.node("s3:g[1]").delete())
    assert [child.path for child in await io(storage.node("s3:").children())] == ["b?", "bx", "c*", "g1"]


async def test_mkdir_needs_no_parent_and_may_leave_nothing(bucket, io):
    storage, _ = bucket
    await io(storage.node("s3:top").mkdir())
    await io(storage.node("s3:x/y").mkdir(parents=True))
    await io(storage.node("s3:d/f").write_text("x"))
    with pytest.raises(FileExistsError):
        await io(storage.node("s3:d").mkdir())
    await io(storage.node("s3:d").mkdir(exist_ok=True))
    with pytest.raises(FileExistsError):
        await io(storage.node("s3:d/f").mkdir())


@pytest.mark.parametrize("name", ["k" * 300, "k" * 1100, "/".join(["k" * 200] * 8)])
async def test_a_name_longer_than_the_server_takes_is_absent(bucket, io, name):
    storage, _ = bucket
    node = storage.node("s3", name)
    assert await io(node.exists()) is False
    assert await io(node.is_file()) is False
    assert await io(node.is_dir()) is False
    assert node.ext_attributes == (None, None, False)
    with pytest.raises(OSError):
        await io(node.read_bytes())


async def test_a_missing_bucket_is_absent_and_cannot_be_used(bucket, io):
    storage, config = bucket
    storage.add_mount(config | {"name": "nowhere", "bucket": "no-such-bucket-of-these-tests"})
    node = storage.node("nowhere:a")
    for question in (node.exists, node.is_file, node.is_dir):
        assert await io(question()) is False
    assert node.ext_attributes == (None, None, False)
    assert node.versions == []
    for use in (node.read_bytes, node.read_text, node.size, node.mtime, node.md5hash, lambda: node.write_text("x")):
        with pytest.raises(FileNotFoundError):
            await io(use())


async def test_only_absence_is_absence_and_a_refusal_is_raised(bucket, io):
    storage, config = bucket
    if config["endpoint_url"] == os.environ.get("GENRO_TEST_MOTO"):
        pytest.skip("moto does not check signatures")
    await io(storage.node("s3:a").write_text("x"))
    storage.add_mount(config | {"name": "refused", "secret_key": "wrong-secret-of-this-test"})
    storage.add_mount({"name": "through", "path": "refused:", "permissions": "readonly"})
    for name in ("refused", "through"):
        node = storage.node(name, "a")
        with pytest.raises(StoragePermissionError):
            _ = node.ext_attributes
        for use in (node.get_ext_attributes, node.exists, node.size, node.read_bytes, node.children):
            with pytest.raises(StoragePermissionError) as caught:
                await io(use())
            assert "wrong-secret" not in str(caught.value)


async def test_attributes_go_through_relative_mounts(bucket, io):
    storage, _ = bucket
    storage.add_mount({"name": "part", "path": "s3:x", "permissions": "readonly"})
    await io(storage.node("s3:x/y/z").write_text("12"))
    assert storage.node("part:y/z").ext_attributes == storage.node("s3:x/y/z").ext_attributes
    assert storage.node("part:y").ext_attributes == (None, None, True)
    assert storage.node("part:").ext_attributes == (None, None, True)
    assert storage.node("part:x").ext_attributes == (None, None, False)


async def test_credentials_come_from_the_environment_when_none_are_configured(bucket, io, monkeypatch):
    storage, config = bucket
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", config["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", config["secret_key"])
    bare = {key: value for key, value in config.items() if key not in ("access_key", "secret_key")}
    storage.add_mount(bare | {"name": "bare"})
    await io(storage.node("bare:f").write_text("x"))
    assert await io(storage.node("s3:f").read_text()) == "x"


async def test_older_names_of_the_keys_configure_the_same(bucket, io):
    storage, config = bucket
    older = {"prefix": f"/{config['base_path']}/", "key": config["access_key"], "secret": config["secret_key"]}
    kept = {key: config[key] for key in ("protocol", "bucket", "region", "endpoint_url")}
    storage.add_mount(kept | older | {"name": "older"})
    await io(storage.node("older:f").write_text("x"))
    assert await io(storage.node("s3:f").read_text()) == "x"


def test_there_is_no_internal_link(bucket):
    storage, _ = bucket
    assert storage.node("s3:f").internal_url() is None
    assert storage.node("s3:f").internal_url(nocache=True) is None


def test_versions_through_a_backend_object(vault):
    node = vault.node("vault:f")
    for text in ("one", "two", "three"):
        node.write_text(text)
    backend = vault._mounts["vault"]
    versions = backend.get_versions("f")
    assert versions == node.versions
    with backend.open_version("f", versions[0]["version_id"]) as file:
        assert file.read() == b"one"
    with backend.open_version("f", versions[1]["version_id"], "r") as file:
        assert file.read() == "two"
    with pytest.raises(FileNotFoundError):
        backend.open_version("f", "no-such-version").read()
    from genro_storage.backends import RelativeMountBackend

    for level in ("readonly", "readwrite"):
        limited = RelativeMountBackend(backend, "", level)
        with pytest.raises(StoragePermissionError, match="does not have delete permission"):
            limited.delete_version("f", versions[1]["version_id"])
    RelativeMountBackend(backend, "", "delete").delete_version("f", versions[1]["version_id"])
    assert [entry["version_id"] for entry in node.versions] == [versions[0]["version_id"], versions[2]["version_id"]]
    assert node.read_text() == "three"
    backend.set_metadata("f", {"a": "b"})
    assert backend.get_metadata("f") == {"a": "b"}
    assert backend.get_hash("f") == node.md5hash()
