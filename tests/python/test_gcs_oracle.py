"""What a gcs mount stores, Google's own library reads; and the other way round."""

import gzip
import os
import uuid

import pytest

from cloud import cloud_mount

google = pytest.importorskip("google.cloud.storage")
from google.auth.credentials import AnonymousCredentials  # noqa: E402  found by the line above

CONTENT = bytes(range(256)) * 1200


@pytest.fixture(params=["fake-gcs", "cloud"])
def both(request, storage):
    """A node's folder on a server, and Google's client of the same bucket with the prefix of that folder."""
    prefix = f"oracle-{uuid.uuid4().hex}"
    if request.param == "cloud":
        config = cloud_mount(request.getfixturevalue("cloud"))
    elif "GENRO_TEST_FAKE_GCS" in os.environ:
        config = {"name": "g", "protocol": "gcs", "bucket": os.environ["GENRO_TEST_FAKE_GCS_BUCKET"], "token": "anon"}
        config["endpoint_url"] = os.environ["GENRO_TEST_FAKE_GCS"]
    else:
        pytest.skip("no fake-gcs-server: GENRO_TEST_FAKE_GCS is not set")
    storage.add_mount(config | {"base_path": prefix})
    client = google.Client("p", AnonymousCredentials(), client_options={"api_endpoint": config["endpoint_url"]})
    bucket = client.bucket(config["bucket"])
    yield storage.node("g:"), lambda name: bucket.blob(f"{prefix}/{name}")
    client.close()


async def test_they_read_what_we_write(both, io):
    folder, blob = both
    await io(folder.child("d", "ä b.html").write_bytes(CONTENT))
    await io(folder.child("d", "ä b.html").set_metadata({"author": "Ada", "note": "é"}))
    theirs = blob("d/ä b.html")
    assert theirs.download_as_bytes() == CONTENT
    theirs.reload()
    assert (theirs.metadata, theirs.content_type) == ({"author": "Ada", "note": "é"}, "text/html")
    assert theirs.size == len(CONTENT)


async def test_we_read_what_they_write(both, io):
    folder, blob = both
    theirs = blob("x/y.bin")
    theirs.metadata = {"author": "Ada"}
    theirs.upload_from_string(CONTENT, content_type="application/x-own")
    node = folder.child("x", "y.bin")
    assert await io(node.read_bytes()) == CONTENT
    assert await io(node.get_metadata()) == {"author": "Ada"}
    theirs.reload()
    assert abs(await io(node.mtime()) - theirs.updated.timestamp()) < 1
    assert [child.path for child in await io(folder.children())] == ["x"]
    await io(node.delete())
    assert not theirs.exists()


async def test_what_they_upload_in_parts_and_compress_is_read_as_it_is_stored(both, io):
    folder, blob = both
    large = blob("large")
    large.chunk_size = 1 << 18
    large.upload_from_string(CONTENT * 4)
    assert await io(folder.child("large").read_bytes()) == CONTENT * 4
    packed = blob("packed.txt")
    packed.content_encoding = "gzip"
    packed.upload_from_string(gzip.compress(CONTENT), content_type="text/plain")
    assert gzip.decompress(await io(folder.child("packed.txt").read_bytes())) == CONTENT


async def test_our_uploads_in_parts_are_theirs(both, io):
    folder, blob = both
    await io(folder.child("many").write_bytes(CONTENT * 60))
    assert blob("many").download_as_bytes() == CONTENT * 60
