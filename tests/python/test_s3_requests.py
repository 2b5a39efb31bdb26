"""How many requests a question costs on S3, counted on the wire between the engine and a real server."""

import os

import pytest

from wire import Wire


@pytest.fixture(params=["minio", "versitygw"])
def wire(request, storage, s3_config):
    """`s3`, on a versioned bucket through a wire that counts."""
    config = s3_config("s3", request.param, versioned=True)
    wire = Wire(os.environ[f"GENRO_TEST_{request.param.upper()}"])
    storage.add_mount(config | {"endpoint_url": wire.url})
    storage.add_mount(config | {"endpoint_url": wire.url, "name": "unaware", "version_aware": False})
    storage.node("s3:folder/file").write_text("content")
    wire.seen()
    yield wire
    wire.close()


def test_the_attributes_of_a_file_cost_one_request(wire, storage):
    assert storage.node("s3:folder/file").ext_attributes[1:] == (7, False)
    assert wire.seen() == ["HEAD"]
    for question in ("exists", "is_file", "size", "mtime", "md5hash", "get_metadata"):
        getattr(storage.node("s3:folder/file"), question)()
        assert wire.seen() == ["HEAD"], question


def test_the_attributes_of_a_folder_or_of_nothing_cost_two_requests(wire, storage):
    assert storage.node("s3:folder").ext_attributes == (None, None, True)
    assert wire.seen() == ["HEAD", "GET list"]
    assert storage.node("s3:none").ext_attributes == (None, None, False)
    assert wire.seen() == ["HEAD", "GET list"]


def test_attributes_are_never_stale(wire, storage):
    node = storage.node("s3:fresh")
    assert node.ext_attributes == (None, None, False)
    node.write_text("1")
    assert node.ext_attributes[1:] == (1, False)
    node.write_text("22")
    assert node.ext_attributes[1:] == (2, False)
    node.delete()
    assert node.ext_attributes == (None, None, False)


def test_a_snapshot_named_by_its_id_costs_what_the_current_content_costs(wire, storage):
    node = storage.node("s3:folder/file")
    version = node.versions[0]["version_id"]
    assert wire.seen() == ["GET versions"]
    snapshot = storage.node("s3:folder/file", version=version)
    snapshot.size()
    assert wire.seen() == ["HEAD"]
    snapshot.md5hash()
    assert wire.seen() == ["HEAD"]
    snapshot.read_bytes()
    assert wire.seen() == ["GET"]
    storage.node("s3:folder/file", version=-1).read_bytes()
    assert wire.seen() == ["GET versions", "GET"]


def test_a_large_snapshot_named_by_its_place_is_looked_up_once(wire, storage):
    node = storage.node("s3:large")
    content = os.urandom(1 << 20) * 20
    node.write_bytes(content)
    wire.seen()
    with storage.node("s3:large", version=-1).open("rb") as stream:
        assert stream.read(10) == content[:10]
        stream.seek(-10, 2)
        assert stream.read() == content[-10:]
    assert wire.seen().count("GET versions") == 1
    assert storage.node("s3:large", version=-1).read_bytes() == content
    assert wire.seen().count("GET versions") == 1


def test_metadata_are_replaced_by_one_copy_on_the_server(wire, storage):
    storage.node("s3:folder/file").set_metadata({"a": "b"})
    assert wire.seen() == ["HEAD", "PUT"]


def test_repeated_versions_are_deleted_in_one_request(wire, storage):
    node = storage.node("s3:repeated")
    for text in "AAAAB":
        node.write_text(text)
    wire.seen()
    assert node.compact_versions(dry_run=True) == 3
    assert wire.seen() == ["GET versions"]
    assert node.compact_versions() == 3
    assert wire.seen() == ["GET versions", "POST delete"]


def test_a_restored_version_does_not_pass_through_this_machine(wire, storage):
    node = storage.node("s3:restored")
    node.write_text("old")
    node.write_text("new")
    version = node.versions[0]["version_id"]
    wire.seen()
    storage.node("s3:restored", version=version).copy_to(node)
    assert "GET" not in wire.seen()
    assert node.read_text() == "old"


def test_a_mount_that_is_not_aware_of_versions_never_lists_them(wire, storage):
    storage.add_mount({"name": "below", "path": "unaware:d"})
    node = storage.node("unaware:d/a")
    node.write_text("1")
    node.write_text("1", skip_if_unchanged=True)
    assert node.versions == []
    assert node.version_count == 0
    with pytest.raises(PermissionError):
        node.open(version=-1)
    with pytest.raises(PermissionError):
        node.compact_versions()
    storage.node("unaware:d").copy_to("unaware:e")
    storage.node("below:a").move_to("unaware:f")
    assert storage.node("unaware:").children()
    storage.node("unaware:e").delete()
    kinds = wire.seen()
    assert kinds
    assert "GET versions" not in kinds
