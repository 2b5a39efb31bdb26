"""Writes to a gcs mount: uploads go on after a cut anywhere, nothing is stored twice, only what is whole is seen."""

import contextlib

import pytest

from cloud import UNIT, cloud_mount
from genro_storage import StorageError
from genro_storage.exceptions import StorageConflictError

PIECE = bytes(range(251)) * 16711  # 4 MiB and a little
WHOLE = PIECE * 5  # more than is kept for a single put


@pytest.fixture
def node(cloud, storage):
    """A file that is written in parts of four units."""
    storage.add_mount(cloud_mount(cloud, "p", part_size=16 * UNIT))
    return storage.node("p:a")


async def written(node, io, world):
    file = node.open("wb")
    file = await file.__aenter__() if world == "loop" else file
    try:
        for _ in range(5):
            await io(file.write(PIECE))
    except StorageError:
        with contextlib.suppress(StorageError):
            await io(file.close())
        raise
    await io(file.close())


def sent(cloud):
    return [request.headers["content-range"] for request in cloud.requests if request.method == "PUT"]


async def test_an_upload_is_one_session_of_whole_units(cloud, node, io, world):
    await written(node, io, world)
    assert cloud.live["a"].content == WHOLE
    assert sent(cloud)[0] == f"bytes 0-{16 * UNIT - 1}/*"
    assert sent(cloud)[-1].endswith(f"/{len(WHOLE)}")
    assert len(cloud.targets("POST")) == 1


@pytest.mark.parametrize("stored", [0, UNIT, 3 * UNIT])
async def test_what_the_server_has_not_stored_is_sent_again(cloud, node, io, world, stored):
    cloud.stores_at_most = stored or 16 * UNIT
    first = []

    def answer(request, connection):
        if request.method == "PUT" and not first and stored == 0:
            first.append(request)
            return cloud.http(308)
        return cloud.usual(request)

    cloud.answer = answer
    await written(node, io, world)
    assert cloud.live["a"].content == WHOLE


@pytest.mark.parametrize("arrived", [1, UNIT - 1, UNIT, UNIT + 1, 16 * UNIT - 1])
@pytest.mark.parametrize("part", [0, 2])
async def test_an_upload_goes_on_after_a_cut_in_the_middle_of_a_part(cloud, node, io, world, arrived, part):
    seen = []

    def answer(request, connection):
        seen.append(request)
        if sum(one.method == "PUT" for one in seen) == part:
            cloud.cut_body_after = arrived
        return cloud.usual(request)

    cloud.answer = answer
    if part == 0:
        cloud.cut_body_after = arrived
    await written(node, io, world)
    assert cloud.live["a"].content == WHOLE
    assert "bytes */*" in sent(cloud)


@pytest.mark.parametrize("lost", range(8))
async def test_an_upload_goes_on_after_any_answer_that_gets_lost(cloud, node, io, world, lost):
    """Before the request is looked at, and after it was done."""
    puts = []

    def answer(request, connection):
        if request.method == "PUT":
            puts.append(request)
            if len(puts) == lost // 2 + 1:
                if lost % 2:
                    cloud.usual(request)
                return None
        return cloud.usual(request)

    cloud.answer = answer
    await written(node, io, world)
    assert cloud.live["a"].content == WHOLE
    assert cloud.live["a"].generation == 1


async def test_an_upload_survives_the_loss_of_its_last_answer(cloud, node, io, world):
    lost = []

    def answer(request, connection):
        result = cloud.usual(request)
        if request.method == "PUT" and not request.headers["content-range"].endswith("/*") and not lost:
            lost.append(request)
            return None
        return result

    cloud.answer = answer
    await written(node, io, world)
    assert lost
    assert cloud.live["a"].content == WHOLE
    assert cloud.live["a"].generation == 1


async def test_a_session_that_the_server_forgot_is_an_error_and_leaves_nothing(cloud, node, io, world):
    def answer(request, connection):
        if request.method == "PUT" and len(sent(cloud)) == 2:
            cloud.sessions.clear()
        return cloud.usual(request)

    cloud.answer = answer
    with pytest.raises(StorageError, match="begin anew"):
        await written(node, io, world)
    assert cloud.live == {}


async def test_an_abandoned_upload_is_ended_on_the_server(cloud, node, io, world):
    def answer(request, connection):
        if request.method == "PUT":
            return cloud.wrong(403, "forbidden", "no")
        return cloud.usual(request)

    cloud.answer = answer
    with pytest.raises(PermissionError):
        await written(node, io, world)
    assert cloud.wait_until(lambda: cloud.sessions == {})
    assert cloud.live == {}


async def test_a_put_whose_answer_got_lost_is_not_stored_twice(cloud, storage, io):
    cloud.keeps_versions = True
    lost = []

    def answer(request, connection):
        result = cloud.usual(request)
        if request.method == "POST" and not lost:
            lost.append(request)
            return None
        return result

    cloud.answer = answer
    await io(storage.node("g:a").write_bytes(b"hello"))
    assert cloud.live["a"].content == b"hello"
    assert cloud.archive == []


async def test_a_put_that_may_have_been_done_does_not_undo_what_another_wrote_meanwhile(cloud, storage, io):
    """The repeated one is under the condition that the object is still as it was when it was looked at."""
    cloud.put("a", b"old")
    failed = []

    def answer(request, connection):
        if request.method == "POST":
            failed.append(request)
            if len(failed) == 1:
                return cloud.wrong(503, "backendError", "try again")
            if len(failed) == 2:
                cloud.put("a", b"between")
        return cloud.usual(request)

    cloud.answer = answer
    await io(storage.node("g:a").write_bytes(b"mine"))
    assert [request.query.get("ifGenerationMatch") for request in failed] == [None, "1", "2"]
    assert cloud.live["a"].content == b"mine"


async def test_a_new_file_is_made_only_once_by_two_writers(cloud, storage, io, world):
    file = storage.node("g:a").open("xb")
    file = await file.__aenter__() if world == "loop" else file
    await io(file.write(b"first"))
    cloud.put("a", b"second")
    with pytest.raises((FileExistsError, StorageConflictError)):
        await io(file.close())
    assert cloud.live["a"].content == b"second"


def failing_once(cloud, method, before, *, done):
    """The first request of its kind fails, `done` or not; `before` runs before the next one of it arrives."""
    seen = []

    def answer(request, connection):
        if request.method != method:
            return cloud.usual(request)
        seen.append(request)
        if len(seen) == 1:
            if done:
                cloud.usual(request)
            return cloud.wrong(503, "backendError", "try again")
        if len(seen) == 2:
            before()
        return cloud.usual(request)

    cloud.answer = answer
    return seen


@pytest.mark.parametrize("done", [False, True])
async def test_a_deletion_that_is_repeated_spares_what_another_wrote_meanwhile(cloud, storage, io, done):
    cloud.put("a", b"old")
    seen = failing_once(cloud, "DELETE", lambda: cloud.put("a", b"new"), done=done)
    await io(storage.node("g:a").delete())
    assert [request.query.get("ifGenerationMatch") for request in seen] == ([None] if done else [None, "1"])
    assert all("generation" not in request.query for request in seen)
    assert ("a" in cloud.live) == (not done)


async def test_so_does_one_of_many(cloud, storage, io):
    for name in ("d/1", "d/2", "d/3"):
        cloud.put(name, b"old")
    seen = []

    def answer(request, connection):
        if request.method == "DELETE":
            seen.append(request.query.get("ifGenerationMatch"))
            if len(seen) == 1:
                cloud.put("d/1", b"new")
                cloud.put("d/2", b"new")
                cloud.put("d/3", b"new")
        if request.key == "batch/storage/v1":
            return cloud.wrong(503, "backendError", "try again")
        return cloud.usual(request)

    cloud.answer = answer
    await io(storage.node("g:d").delete())
    assert len(seen) == 3
    assert None not in seen
    assert cloud.live


async def test_a_copy_that_is_repeated_spares_what_another_wrote_meanwhile(cloud, storage, io):
    """It goes over what is there when it is looked at, and looks again when that has changed once more."""
    cloud.put("a", b"mine")
    seen = failing_once(cloud, "POST", lambda: cloud.put("b", b"between"), done=False)
    await io(storage.node("g:a").copy_to(storage.node("g:b")))
    assert [request.query.get("ifGenerationMatch") for request in seen] == [None, "0", "2"]
    assert cloud.live["b"].content == b"mine"


@pytest.mark.parametrize("stored", [1, UNIT // 2])
async def test_a_server_that_stores_next_to_nothing_is_not_asked_without_end(cloud, node, io, world, stored):
    def answer(request, connection):
        if request.method != "PUT":
            return cloud.usual(request)
        session = next(iter(cloud.sessions.values()))
        session["sneaked"] = session.get("sneaked", 0) + stored
        return cloud.http(308, b"", f"Range: bytes=0-{session['sneaked'] - 1}")

    cloud.answer = answer
    with pytest.raises(StorageError):
        await written(node, io, world)
    assert len(cloud.targets("PUT")) < 300


async def test_a_server_that_stores_a_unit_at_a_time_is_sent_little_more_than_it_stores(cloud, node, io, world):
    cloud.stores_at_most = UNIT
    await written(node, io, world)
    assert cloud.live["a"].content == WHOLE
    sizes = [int(request.headers.get("content-length", 0)) for request in cloud.requests if request.method == "PUT"]
    assert sum(sizes) < 4 * len(WHOLE)
