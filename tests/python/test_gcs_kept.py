"""What an object of Google's has beside its content stays when a part of it changes, and comes along with copies."""

import pytest

from bucket import Bucket, mount_of
from cloud import UNIT, cloud_mount

COMMON = {"cacheControl": "no-store", "contentDisposition": "inline", "contentLanguage": "it"}
FIELDS = COMMON | {
    "contentType": "text/x-ours",
    "storageClass": "NEARLINE",
    "customTime": "2031-01-01T00:00:00Z",
    "metadata": {"own": "1"},
}
LARGE = 70 << 20  # more than goes up in one request


@pytest.mark.parametrize("size", [10, LARGE])
@pytest.mark.parametrize("change", ["append", "ab", "r+b", "local_path"])
async def test_a_changed_object_keeps_what_it_had(cloud, storage, io, size, change):
    cloud.put("a", b"x" * size, **FIELDS)
    node = storage.node("g:a")
    if change == "append":
        await io(node.append(b"tail"))
    elif change == "local_path":
        with node.local_path("rw") as path, open(path, "ab") as file:
            file.write(b"tail")
    else:
        with node.open(change) as file:
            file.write(b"tail")
    assert cloud.live["a"].fields == FIELDS
    assert cloud.live["a"].generation == 2
    assert cloud.live["a"].content == (b"tail" + b"x" * (size - 4) if change == "r+b" else b"x" * size + b"tail")


async def test_a_whole_write_keeps_nothing(cloud, storage, io):
    cloud.put("a", b"x", **FIELDS)
    await io(storage.node("g:a").write_text("new"))
    assert set(cloud.live["a"].fields) == {"contentType"}


@pytest.mark.parametrize("size", [10, 17 << 20])
async def test_a_copy_from_amazon_brings_what_belongs_to_the_content(cloud, storage, io, size):
    server = Bucket()
    storage.add_mount(mount_of(server))
    storage.add_mount(cloud_mount(cloud, "parts", part_size=4 * UNIT))
    server.objects["a"] = b"x" * size
    server.described = ["Cache-Control: no-store", "Content-Disposition: inline", "Content-Language: it"]
    server.described += ["x-amz-storage-class: STANDARD_IA", "x-amz-meta-own: 1"]
    await io(storage.node("b:a").copy_to(storage.node("parts:a")))
    assert cloud.live["a"].content == b"x" * size
    fields = dict(cloud.live["a"].fields)
    fields.pop("contentType")
    assert fields == COMMON | {"metadata": {"own": "1"}}
    server.stop()
