"""What an object has beside its content stays when a part of the content changes, and comes along with a copy."""

import datetime

import pytest

EXPIRES = datetime.datetime(2031, 1, 1, tzinfo=datetime.UTC)
HEADERS = {
    "CacheControl": "max-age=60, private",
    "ContentDisposition": 'attachment; filename="caffè.txt"'.encode().decode("latin-1"),
    "ContentEncoding": "identity-of-ours",
    "ContentLanguage": "it, en",
    "ContentType": "text/x-ours",
}


@pytest.fixture
def bucket(storage, mount, s3_config, boto_client):
    """A function that makes an object with all that can be kept, and one that tells what it has."""
    config = s3_config("real", mount)
    storage.add_mount(config)
    client = boto_client(config)

    class Bucket:
        def __init__(self):
            self.place = {"Bucket": config["bucket"], "Key": f"{config['base_path']}/f"}

        def make(self, content):
            client.put_object(
                **self.place,
                **HEADERS,
                Body=content,
                Expires=EXPIRES,
                StorageClass="REDUCED_REDUNDANCY",
                Metadata={"own": "1"},
                Tagging="colour=light%20blue&a%2Bb=c%3Dd",
            )

        def has(self, key="f"):
            place = {**self.place, "Key": f"{config['base_path']}/{key}"}
            head = client.head_object(**place)
            tags = {tag["Key"]: tag["Value"] for tag in client.get_object_tagging(**place)["TagSet"]}
            kept = {name: head.get(name) for name in HEADERS}
            return kept | {
                "Expires": head.get("ExpiresString"),
                "class": head.get("StorageClass"),
                "own": head["Metadata"].get("own"),
                "tags": tags,
            }

    yield Bucket()
    storage.node("real:").delete()


def all_of(bucket):
    before = bucket.has()
    assert before["tags"] == {"colour": "light blue", "a+b": "c=d"}
    assert before["class"] == "REDUCED_REDUNDANCY"
    assert before["CacheControl"] == HEADERS["CacheControl"]
    return before


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
@pytest.mark.parametrize("size", [10, 9 << 20])  # one request, and an upload in parts
@pytest.mark.parametrize("change", ["append", "ab", "r+b", "local_path", "set_metadata"])
async def test_a_changed_object_keeps_what_it_had(storage, bucket, change, size, io):
    bucket.make(b"x" * size)
    before = all_of(bucket)
    node = storage.node("real:f")
    if change == "append":
        await io(node.append(b"tail"))
    elif change == "local_path":
        with node.local_path("rw") as path, open(path, "ab") as file:
            file.write(b"tail")
    elif change == "set_metadata":
        await io(node.set_metadata({"own": "1", "more": "2"}))
    else:
        with node.open(change) as file:
            file.write(b"tail")
    assert bucket.has() == before
    changed = {"r+b": b"tail" + b"x" * (size - 4), "set_metadata": b"x" * size}.get(change, b"x" * size + b"tail")
    assert await io(node.read_bytes()) == changed


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_a_whole_write_keeps_nothing(storage, bucket, io):
    bucket.make(b"x")
    await io(storage.node("real:f").write_text("new"))
    after = bucket.has()
    assert (after["CacheControl"], after["class"], after["tags"], after["own"]) == (None, None, {}, None)


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_a_copy_that_the_server_makes_keeps_all(storage, bucket, io):
    bucket.make(b"x")
    before = all_of(bucket) | {"Expires": None}  # MinIO forgets it in copies of its own
    await io(storage.node("real:f").copy_to("real:g"))
    assert bucket.has("g") | {"Expires": None} == before
    await io(storage.node("real:g").move_to("real:h"))
    assert bucket.has("h") | {"Expires": None} == before


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
@pytest.mark.parametrize("size", [10, 9 << 20])
async def test_a_streamed_copy_to_another_server_keeps_what_belongs_to_the_content(
    storage, bucket, size, io, s3_config, boto_client
):
    other = s3_config("other", "moto")
    storage.add_mount(other)
    bucket.make(b"x" * size)
    await io(storage.node("real:f").copy_to("other:f"))
    head = boto_client(other).head_object(Bucket=other["bucket"], Key=f"{other['base_path']}/f")
    for name in ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"):
        assert head.get(name) == bucket.has()[name]
    assert head["Metadata"] == {"own": "1"}
    assert await io(storage.node("other:f").read_bytes()) == b"x" * size
