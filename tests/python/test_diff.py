"""diffnode: the very text that difflib.unified_diff makes."""

from __future__ import annotations

import difflib
import random

import pytest


def expected(a: str, b: str, from_name: str = "mem:a", to_name: str = "mem:b") -> str:
    lines = (a.splitlines(keepends=True), b.splitlines(keepends=True))
    return "".join(difflib.unified_diff(*lines, fromfile=from_name, tofile=to_name))


@pytest.fixture
def pair(storage):
    return storage.node("mem:a"), storage.node("mem:b")


async def diff(io, storage, pair, a, b, encoding="utf-8"):
    await io(pair[0].write_bytes(a.encode(encoding)))
    await io(pair[1].write_bytes(b.encode(encoding)))
    return await io(storage.diffnode(*pair).read_text(encoding))


async def test_the_head_names_both_sides_and_hunks_have_three_lines_of_context(storage, pair, io):
    a = "".join(f"{i}\n" for i in range(1, 21))
    text = await diff(io, storage, pair, a, a.replace("10\n", "ten\n"))
    assert text == ("--- mem:a\n+++ mem:b\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n")


async def test_identical_contents_have_an_empty_difference(storage, pair, io):
    assert await diff(io, storage, pair, "one\ntwo", "one\ntwo") == ""
    assert await diff(io, storage, pair, "", "") == ""
    assert await io(storage.diffnode(*pair).read_bytes()) == b""


async def test_there_is_no_marker_for_a_missing_last_newline(storage, pair, io):
    assert await diff(io, storage, pair, "one\ntwo", "one\n2\n") == (
        "--- mem:a\n+++ mem:b\n@@ -1,2 +1,2 @@\n one\n-two+2\n"
    )


async def test_bytes_are_the_text_in_utf8(storage, pair, io):
    text = await diff(io, storage, pair, "caffè\n", "caffé €\n")
    assert text == expected("caffè\n", "caffé €\n")
    assert await io(storage.diffnode(*pair).read_bytes()) == text.encode()
    assert await io(storage.diffnode(*pair).read("rb")) == text.encode()


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-7"])
async def test_both_sides_are_decoded_in_the_given_encoding(storage, pair, io, encoding):
    text = await diff(io, storage, pair, "perché\nno", "perché\nsì", encoding)
    assert text == expected("perché\nno", "perché\nsì")


async def test_a_missing_side_is_told_before_a_binary_one(storage, pair, io):
    await io(pair[0].write_bytes(b"a\0b"))
    for difference in (storage.diffnode(*pair), storage.diffnode(pair[1], pair[0])):
        with pytest.raises(FileNotFoundError):
            await io(difference.read_text())


async def test_a_binary_side_is_named_and_is_no_attribute_error(storage, pair, io):
    await io(pair[0].write_bytes(b"text"))
    await io(pair[1].write_bytes(b"a\0b"))
    with pytest.raises(ValueError, match="Cannot diff binary files") as caught:
        await io(storage.diffnode(*pair).read_text())
    assert pair[1].fullpath in str(caught.value)
    assert not isinstance(caught.value, AttributeError)


async def test_binary_contents_are_refused(storage, pair, io):
    await io(pair[0].write_bytes(b"text\n"))
    for binary in (b"a\0b", b"\xff\xfe", b"\xc3"):
        await io(pair[1].write_bytes(binary))
        for difference in (storage.diffnode(*pair), storage.diffnode(pair[1], pair[0])):
            with pytest.raises(ValueError, match="Cannot diff binary files"):
                await io(difference.read_text())
            with pytest.raises(ValueError, match="Cannot diff binary files"):
                await io(difference.read_bytes())
    await io(pair[1].write_bytes("x".encode("utf-16")))
    with pytest.raises(ValueError, match="Cannot diff binary files"):
        await io(storage.diffnode(*pair).read_text("utf-16"))
    await io(pair[1].write_bytes("é".encode()))
    with pytest.raises(ValueError, match="Cannot diff binary files"):
        await io(storage.diffnode(*pair).read_text("ascii"))


async def test_an_unknown_encoding_and_a_missing_side_keep_their_errors(storage, pair, io):
    await io(pair[0].write_text("x"))
    with pytest.raises(FileNotFoundError, match="mem:b"):
        await io(storage.diffnode(*pair).read_text())
    await io(pair[1].write_text("y"))
    with pytest.raises(LookupError):
        await io(storage.diffnode(*pair).read_text("no-such-codec"))


ENDS = ["\n"] * 8 + ["\r\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x1f", ""]


def random_text(rng: random.Random, lines: int, words: int) -> str:
    return "".join(f"w{rng.randrange(words)}{rng.choice(ENDS)}" for _ in range(lines))


def changed(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(lines) + 1)
        match rng.randrange(4):
            case 0:
                lines[at : at + rng.randrange(5)] = []
            case 1:
                lines[at:at] = [f"new{rng.randrange(9)}\n" for _ in range(rng.randrange(5))]
            case 2:
                lines[at : at + 2] = lines[at : at + 2][::-1]
            case _:
                begin = rng.randrange(len(lines) + 1)
                lines[at:at] = lines[begin : begin + rng.randrange(12)]
    return "".join(lines)


def test_random_texts_have_the_difference_that_difflib_finds(storage, pair):
    seed = random.randrange(1 << 30)
    rng = random.Random(seed)
    for case in range(1500):
        lines = rng.choice([0, 1, 3, 10, 40, 40, 190, 199, 200, 201, 240])
        a = random_text(rng, lines, rng.choice([1, 2, 5, 30, 1000]))
        b = random_text(rng, lines, 5) if rng.random() < 0.3 else changed(rng, a)
        pair[0].write_text(a)
        pair[1].write_text(b)
        difference = storage.diffnode(*pair)
        assert difference.read_text() == expected(a, b), f"seed {seed}, case {case}"


def test_long_texts_with_popular_lines_have_the_difference_that_difflib_finds(storage, pair):
    rng = random.Random(7)
    a = "".join(rng.choice(["\n", "}\n", "  return\n", f"line {rng.randrange(400)}\n"]) for _ in range(3000))
    b = changed(rng, changed(rng, changed(rng, a)))
    pair[0].write_text(a)
    pair[1].write_text(b)
    assert storage.diffnode(*pair).read_text() == expected(a, b)


@pytest.mark.full_only
@pytest.mark.loop_only
async def test_a_difference_that_takes_long_can_be_stopped(storage, pair):
    import asyncio
    import time

    # Just below the share at which a line counts as popular: each of 100 lines stands in a hundredth of all places.
    rng = random.Random(1)
    await pair[0].write_text("".join(f"{rng.randrange(100)}\n" for _ in range(200_000)))
    await pair[1].write_text("".join(f"{i % 100}\n" for i in range(200_000)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(storage.diffnode(*pair).read_text(), 0.3)
    used = time.process_time()
    await asyncio.sleep(1)
    assert time.process_time() - used < 0.5, "it goes on, for three more seconds"
