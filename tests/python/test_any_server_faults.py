"""Connections that break, stall or spoil a bit, and servers that are gone for a while, on every kind of server.

The call is done all the same, or its error says what happened; what it gives is never part or wrong, and what was there
stays.
"""

from __future__ import annotations

import contextlib

import pytest

from genro_storage.exceptions import (
    StorageConnectionError,
    StorageCorruptError,
    StorageProtocolError,
    StorageTimeoutError,
)
from served import served, written  # noqa: F401  fixtures

CONTENT = bytes(range(256)) * 4096  # 1 MiB
MIDDLE = 300_000  # well within a body
HEAD = 60  # within the head of an answer
NAMES = [f"{index:02}" for index in range(40)]
PATIENCE = 0.3  # seconds without a byte
ALWAYS = float("inf")


def listing(served):  # noqa: F811
    if not served.lists:
        pytest.skip(f"{served.name} lists nothing")
    served.fill({f"many/{name}": b"x" for name in NAMES})


async def names_of(storage, io):
    return [node.basename for node in await io(storage.node("there:many").children())]


@pytest.mark.parametrize("fault", ["cut_after", "stall_after"])
async def test_a_read_that_breaks_off_or_stalls_goes_on(served, io, fault):  # noqa: F811
    served.fill({"a": CONTENT})
    node = served.mounted(timeout=PATIENCE if fault == "stall_after" else 60).node("there:a")
    for at in (HEAD, MIDDLE):
        getattr(served.gate, fault)(at)
        assert await io(node.read_bytes()) == CONTENT
        assert served.gate.struck.is_set()
        served.gate.release()


@pytest.mark.parametrize("fault", ["cut_after", "stall_after"])
async def test_a_list_that_breaks_off_or_stalls_is_whole(served, io, fault):  # noqa: F811
    listing(served)
    storage = served.mounted(timeout=PATIENCE if fault == "stall_after" else 60)
    getattr(served.gate, fault)(HEAD)
    assert await names_of(storage, io) == NAMES
    assert served.gate.struck.is_set()


@pytest.mark.parametrize("fault", ["cut_after", "stall_after"])
async def test_a_write_that_breaks_off_or_stalls_is_done_whole(written, io, fault):  # noqa: F811
    written.fill({"a": b"old"})
    node = written.mounted(timeout=PATIENCE if fault == "stall_after" else 60).node("there:a")
    getattr(written.gate, fault)(MIDDLE, up=True)
    await io(node.write_bytes(CONTENT))
    assert written.gate.struck.is_set()
    written.gate.release()
    assert await io(node.read_bytes()) == CONTENT


async def test_a_write_whose_answer_is_lost_is_done_once(written, io):  # noqa: F811
    node = written.mounted().node("there:a")
    written.gate.cut_after(HEAD)
    await io(node.write_bytes(CONTENT))
    assert written.gate.struck.is_set()
    assert await io(node.read_bytes()) == CONTENT


async def test_a_bit_that_flips_on_its_way_down_is_never_read(served, io):  # noqa: F811
    if not served.sums_down:
        pytest.skip(f"{served.name} sends no checksums")
    served.fill({"a": CONTENT})
    node = served.mounted().node("there:a")
    served.gate.flip_at(MIDDLE)
    assert await io(node.read_bytes()) == CONTENT
    assert served.gate.struck.is_set()
    served.gate.flip_at(MIDDLE, times=ALWAYS)
    with pytest.raises(StorageCorruptError, match="there:a"):
        await io(node.read_bytes())


async def test_a_bit_that_flips_on_its_way_up_is_never_stored(written, io):  # noqa: F811
    if not written.sums_up:
        pytest.skip(f"{written.name} takes no checksums")
    written.fill({"a": b"old"})
    node = written.mounted().node("there:a")
    written.gate.flip_at(MIDDLE, up=True)
    await io(node.write_bytes(CONTENT))
    assert written.gate.struck.is_set()
    assert await io(node.read_bytes()) == CONTENT


async def test_a_bit_that_flips_in_a_head_is_an_error_or_read_past(served, io):  # noqa: F811
    listing(served)
    storage = served.mounted()
    served.gate.flip_at(1)
    with contextlib.suppress(StorageProtocolError):
        assert await names_of(storage, io) == NAMES
    assert await names_of(storage, io) == NAMES


@pytest.mark.full_only
@pytest.mark.loop_only  # and below: each of them takes the time of all attempts
async def test_what_always_breaks_off_is_a_connection_error_and_the_old_content_stays(served, io):  # noqa: F811
    served.fill({"a": b"old"})
    node = served.mounted().node("there:a")
    served.gate.cut_after(HEAD, times=ALWAYS)
    with pytest.raises(StorageConnectionError, match="there:a"):
        await io(node.read_bytes())
    if served.writable:
        served.gate.cut_after(MIDDLE, up=True, times=ALWAYS)
        with pytest.raises(StorageConnectionError, match="there:a"):
            await io(node.write_bytes(CONTENT))
    served.gate.release()
    assert await io(node.read_bytes()) == b"old"


@pytest.mark.full_only
@pytest.mark.loop_only
@pytest.mark.parametrize("served", ["cloud", "apache", "github"], indirect=True)
async def test_what_always_stalls_is_out_of_time(served, io):  # noqa: F811
    served.fill({"a": CONTENT})
    served.gate.stall_after(HEAD, times=ALWAYS)  # later ones would let each attempt get further
    with pytest.raises((StorageTimeoutError, StorageConnectionError), match="there:a"):
        await io(served.mounted(timeout=0.1).node("there:a").read_bytes())
    assert served.gate.strikes > 1


async def test_a_server_that_was_gone_is_used_again(served, io, world):  # noqa: F811
    """Gone in the middle of a file that is open, and back before its next byte is wanted."""
    content = CONTENT * 4
    served.fill({"a": content})
    node = served.mounted().node("there:a")
    if world == "loop":
        async with node.open("rb") as file:
            head = await file.read(1000)
            served.gate.kill()
            served.gate.restart()
            assert head + await file.read() == content
    else:
        with node.open("rb") as file:
            head = file.read(1000)
            served.gate.kill()
            served.gate.restart()
            assert head + file.read() == content
    assert await io(node.read_bytes()) == content


@pytest.mark.full_only
@pytest.mark.loop_only
@pytest.mark.parametrize("served", ["cloud", "apache", "github"], indirect=True)
async def test_a_server_that_is_gone_is_a_connection_error_until_it_is_back(served, io):  # noqa: F811
    served.fill({"a": CONTENT})
    node = served.mounted().node("there:a")
    served.gate.kill()
    with pytest.raises(StorageConnectionError, match=r"there:a.*refused"):
        await io(node.read_bytes())
    served.gate.restart()
    assert await io(node.read_bytes()) == CONTENT
