"""What is read from one open file, or in parts, is of one version, also where a server knows no If-Match."""

import pytest

from bucket import bucket  # noqa: F401  a fixture
from genro_storage.exceptions import StorageConflictError, StorageCorruptError


@pytest.fixture
def careless(bucket):  # noqa: F811
    bucket.knows_if_match = False
    bucket.objects["a"] = b"old" * 100_000
    return bucket


async def test_after_a_seek_another_version_is_not_taken_for_the_one_that_was_opened(storage, careless, io, world):
    node = storage.node("b:a")
    if world == "loop":
        async with node.open("rb") as file:
            assert await file.read(3) == b"old"
            careless.objects["a"] = b"new" * 100_000
            await file.seek(-3, 2)
            with pytest.raises(StorageConflictError):
                await file.read()
    else:
        with node.open("rb") as file:
            assert file.read(3) == b"old"
            careless.objects["a"] = b"new" * 100_000
            file.seek(-3, 2)
            with pytest.raises(StorageConflictError):
                file.read()


async def test_parts_of_two_versions_are_never_put_together(storage, careless, io):
    careless.objects["a"] = b"old" * (7 << 20)
    usual = careless.usual

    def answer(request):
        reply = usual(request)
        careless.objects["a"] = b"new" * (7 << 20)
        return reply

    careless.usual = answer
    with pytest.raises(StorageConflictError):
        await io(storage.node("b:a").read_bytes())


async def test_a_broken_stream_does_not_go_on_with_another_version(storage, careless, io):
    usual = careless.usual

    def answer(request):
        reply = usual(request)
        if careless.objects["a"].startswith(b"new"):
            return reply
        careless.objects["a"] = b"new" * 100_000
        return reply[: len(reply) // 2]

    def cut(request, connection):
        connection.sendall(answer(request))  # and the connection ends

    careless.answer = cut
    with pytest.raises(StorageConflictError):
        await io(storage.node("b:a").read_bytes())


@pytest.mark.parametrize("size", [10, 70_000, 2 << 20])
async def test_a_whole_content_that_is_read_into_memory_of_the_caller_is_verified(storage, bucket, io, size):  # noqa: F811
    bucket.objects["a"] = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    target = bytearray(size)
    assert await io(storage.node("b:a").read_into(target)) == size
    assert bytes(target) == bucket.objects["a"]
    bucket.damaged = True
    for room in (size, size + 100):
        with pytest.raises(StorageCorruptError):
            await io(storage.node("b:a").read_into(bytearray(room)))


async def test_the_beginning_of_a_content_is_read_into_memory_too_small_for_all(storage, bucket, io):  # noqa: F811
    bucket.objects["a"] = bytes(range(256)) * 20_000
    target = bytearray(1000)
    assert await io(storage.node("b:a").read_into(target)) == 1000
    assert bytes(target) == bucket.objects["a"][:1000]
