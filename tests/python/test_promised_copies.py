"""A server that says that it has copied, and has not: a move keeps its source."""

import pytest

from bucket import Bucket, mount_of
from genro_storage import StorageError


class Promising(Bucket):
    """Answers to every copy that it is done; what it has done then is its `deed`."""

    def __init__(self):
        self.deed = "as told"
        super().__init__()

    def object_call(self, request):
        source = request.headers.get("x-amz-copy-source")
        if source is None or request.method != "PUT":
            return super().object_call(request)
        content = self.objects[source.removeprefix("/").removeprefix("bucket/")]
        made = {"shorter": content[1:], "other": bytes(len(content))}.get(self.deed, content)
        if self.deed == "refused inside":
            return self.refusal(200, "InternalError")
        if self.deed != "nothing":
            self.objects[request.key] = made
        etag = self.etag(b"else" if self.deed == "of another MD5" else content)
        return self.http(200, f"<CopyObjectResult><ETag>{etag}</ETag></CopyObjectResult>".encode())


@pytest.fixture
def promising(storage):
    server = Promising()
    storage.add_mount(mount_of(server, "p"))
    yield server
    server.stop()


DEEDS = ["nothing", "shorter", "other", "of another MD5", "refused inside"]


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_file_stays_when_its_copy_is_not_what_it_is_said_to_be(storage, promising, io, deed):
    await io(storage.node("p:a").write_bytes(b"content"))
    promising.deed = deed
    with pytest.raises(StorageError):
        await io(storage.node("p:a").move_to("p:z"))
    assert promising.objects["a"] == b"content"


@pytest.mark.parametrize("deed", DEEDS)
async def test_so_does_a_folder(storage, promising, io, deed):
    for name in ("a", "b/c"):
        await io(storage.node("p:d", name).write_bytes(b"content of " + name.encode()))
    promising.deed = deed
    with pytest.raises(StorageError):
        await io(storage.node("p:d").move_to("p:z"))
    assert promising.objects["d/a"] == b"content of a"
    assert promising.objects["d/b/c"] == b"content of b/c"


async def test_what_has_arrived_goes_for_one_question_a_file(storage, promising, io):
    names = [f"n{i}" for i in range(20)]
    for name in names:
        await io(storage.node("p:d", name).write_bytes(name.encode()))
    promising.requests.clear()
    await io(storage.node("p:d").copy_to("p:copy"))
    copying = promising.count("HEAD")
    promising.requests.clear()
    await io(storage.node("p:d").move_to("p:z"))
    assert promising.count("HEAD") <= copying + len(names)
    assert {key: content for key, content in promising.objects.items() if not key.startswith("copy")} == {
        f"z/{name}": name.encode() for name in names
    }
