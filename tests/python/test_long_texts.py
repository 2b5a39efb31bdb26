"""Texts of a million characters and more, which the library converts itself: as Python's codecs do, errors included."""

import pytest

TEXTS = {
    "ascii": "a\x00\x7f" * 1_000_000,
    "latin": "aé" * 1_500_000,
    "one late": "a" * 1_500_000 + "ÿ",
    "two bytes": "a€ü" * 900_000,
    "four bytes": "𝄞a" * 800_000,
    "across pieces": "é" * (4 << 20) + "€",
}
BAD = {
    "late": b"a" * 2_000_000 + b"\xff" + b"b" * 100,
    "cut everywhere": b"\xe2\x82" * 700_000,
    "behind a piece": b"a" * (8 << 20) + b"\x80",
    "cut at the end": ("é" * (4 << 20)).encode()[:-1],
    "surrogates": b"\xed\xa0\x80" * 500_000,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
async def test_a_long_text_comes_back_in_any_encoding(storage, io, name, encoding):
    node, text = storage.node("mem:text"), TEXTS[name]
    await io(node.write_text(text, encoding))
    assert await io(node.read_bytes()) == text.encode(encoding)
    read = await io(node.read_text(encoding))
    assert read == text
    assert max(read) == max(text)  # the object itself is well-formed: not too wide, not too narrow
    assert read.isascii() == text.isascii()


@pytest.mark.parametrize("name", BAD)
async def test_a_long_content_that_is_no_text_fails_as_in_python(storage, io, name):
    await io(storage.node("mem:bad").write_bytes(BAD[name]))
    with pytest.raises(UnicodeDecodeError) as ours:
        await io(storage.node("mem:bad").read_text())
    with pytest.raises(UnicodeDecodeError) as pythons:
        BAD[name].decode()
    assert ours.value.args == pythons.value.args


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("a" * 2_000_000 + "\ud800", "utf-8"), ("€" * 2_000_000, "latin-1")],
    ids=["utf-8", "latin-1"],
)
async def test_a_long_text_that_cannot_be_encoded_fails_as_in_python(storage, io, text, encoding):
    node = storage.node("mem:text")
    await io(node.write_text("before"))
    with pytest.raises(UnicodeEncodeError) as ours:
        await io(node.write_text(text, encoding))
    with pytest.raises(UnicodeEncodeError) as pythons:
        text.encode(encoding)
    assert ours.value.args == pythons.value.args
    assert await io(node.read_text()) == "before"


@pytest.mark.parametrize("encoding", ["hex", "rot13", "none-such"])
async def test_what_is_no_text_encoding_is_refused_for_long_contents_too(storage, io, encoding):
    node = storage.node("mem:long")
    await io(node.write_bytes(b"61" * 1_000_000))
    with pytest.raises(LookupError):
        await io(node.read_text(encoding))
    with pytest.raises(LookupError):
        await io(node.write_text("a" * 2_000_000, encoding))


@pytest.mark.loop_only
async def test_a_long_bytearray_is_held_until_it_is_written(storage):
    node, data = storage.node("mem:a"), bytearray(b"x" * 3_000_000)
    writing = node.write_bytes(data)
    with pytest.raises(BufferError):
        data.append(1)
    assert await writing is True
    data.append(1)
    assert await node.size() == 3_000_000


@pytest.mark.parametrize("encoding", ["latin-1", "iso-8859-1", "ascii", "us-ascii", "cp1252"])
@pytest.mark.parametrize("name", ["ascii", "latin", "wide"])
async def test_long_texts_of_one_byte_a_character_are_what_python_makes_of_them(storage, io, name, encoding):
    node = storage.node("mem:long")
    text = TEXTS[name] if name in TEXTS else "a" * 2_000_000 + "€"
    expected = text.encode(encoding, "ignore")
    if expected.decode(encoding) != text:
        with pytest.raises(UnicodeEncodeError) as ours:
            await io(node.write_text(text, encoding))
        with pytest.raises(UnicodeEncodeError) as pythons:
            text.encode(encoding)
        assert ours.value.args == pythons.value.args
        return
    await io(node.write_text(text, encoding))
    assert await io(node.read_bytes()) == expected
    read = await io(node.read_text(encoding))
    assert read == text
    assert (read.isascii(), read.__sizeof__()) == (text.isascii(), text.__sizeof__())


async def test_a_long_content_that_is_no_ascii_fails_as_in_python(storage, io):
    node = storage.node("mem:long")
    await io(node.write_bytes(b"a" * 2_000_000 + b"\xe9"))
    with pytest.raises(UnicodeDecodeError) as raised:
        await io(node.read_text("ascii"))
    assert (raised.value.start, raised.value.reason) == (2_000_000, "ordinal not in range(128)")
