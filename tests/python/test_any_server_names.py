"""Names and kinds on every kind of server: what a path may hold, and a folder in the place of a file."""

from __future__ import annotations

import contextlib

import pytest

from genro_storage.exceptions import StorageError, StoragePathError
from served import served, written  # noqa: F401  fixtures

ODD = (
    "with space",
    "caf\u00e9",  # NFC
    "cafe\u0301",  # NFD
    "100%",
    "a%2Fb%41",
    "plus+and&",
    "hash#tag",
    "what?x=1",
    ".leading",
    "trailing.",
    "semi;colon",
    "~tilde",
    "日本語",
)


def kept_by(served) -> list[str]:  # noqa: F811
    return [name for name in ODD if not any(character in name for character in served.cuts_names)]


async def test_names_of_another_client_are_read_and_listed_as_they_are(served, io):  # noqa: F811
    names = kept_by(served)
    served.fill({f"odd/{name}": name.encode() for name in names})
    storage = served.mounted()
    for name in names:
        node = storage.node("there:odd").child(name)
        assert await io(node.read_text()) == name
        assert await io(node.size()) == len(name.encode())
    if served.lists:
        listed = await io(storage.node("there:odd").children())
        assert sorted(node.basename for node in listed) == sorted(names)


async def test_names_are_written_copied_and_deleted_as_they_are(written, io):  # noqa: F811
    names = kept_by(written)
    folder = written.mounted().node("there:odd")
    for name in names:
        await io(folder.child(name).write_text(name))
    await io(folder.copy_to(folder.parent.child("copied")))
    for name in names:
        assert await io(folder.parent.child("copied", name).read_text()) == name
        await io(folder.child(name).delete())
        assert await io(folder.child(name).exists()) is False
    assert await io(folder.parent.child("copied", names[-1]).exists()) is True


async def test_a_name_that_no_path_can_have_is_refused_before_anybody_is_asked(served, io):  # noqa: F811
    served.gate.cut_after(0, up=True, times=float("inf"))
    storage = served.mounted()
    for path in ("../up", "a/../../up", "nul\0l"):
        with pytest.raises(StoragePathError):
            await io(storage.node("there", path).read_bytes())
    assert not served.gate.struck.is_set()


async def test_a_name_that_is_too_long_is_an_error_and_no_other_file(served, io):  # noqa: F811
    served.fill({"a": b"a"})
    node = served.mounted().node("there", "n" * 5000)
    with pytest.raises(StorageError):
        await io(node.read_bytes())
    assert await io(served.mounted().node("there:a").read_bytes()) == b"a"


async def test_an_empty_file_is_a_file(served, io, world):  # noqa: F811
    served.fill({"empty": b""})
    node = served.mounted().node("there:empty")
    assert (await io(node.exists()), await io(node.is_file()), await io(node.is_dir())) == (True, True, False)
    assert (await io(node.size()), await io(node.read_bytes())) == (0, b"")
    if world == "loop":
        async with node.open("rb") as file:
            assert await file.read() == b""
    else:
        with node.open("rb") as file:
            assert file.read() == b""


async def test_an_empty_file_is_written_whole_and_through_an_open_file(written, io, world):  # noqa: F811
    storage = written.mounted()
    await io(storage.node("there:whole").write_bytes(b""))
    if world == "loop":
        async with storage.node("there:open").open("wb"):
            pass
    else:
        with storage.node("there:open").open("wb"):
            pass
    for name in ("whole", "open"):
        assert await io(storage.node("there", name).is_file())
        assert await io(storage.node("there", name).read_bytes()) == b""


async def test_a_folder_is_no_file_to_read(served, io):  # noqa: F811
    if not served.lists:
        pytest.skip(f"{served.name} knows no folders")
    served.fill({"d/x": b"x"})
    folder = served.mounted().node("there:d")
    assert (await io(folder.is_dir()), await io(folder.is_file())) == (True, False)
    with pytest.raises((IsADirectoryError, FileNotFoundError), match="there:d"):
        await io(folder.read_bytes())
    with pytest.raises(ValueError, match="no size"):
        await io(folder.size())


async def test_a_file_is_no_folder_to_list(served, io):  # noqa: F811
    served.fill({"a": b"a"})
    with pytest.raises(ValueError, match="there:a"):
        await io(served.mounted().node("there:a").children())


async def test_what_is_in_the_way_of_a_write_is_said_or_lives_beside_it(written, io):  # noqa: F811
    """Where keys imply folders both live; a server of folders refuses, and nothing is lost on either."""
    written.fill({"d/x": b"x", "a": b"a"})
    storage = written.mounted()
    for path, error in {"d": IsADirectoryError, "a/below": NotADirectoryError}.items():
        node = storage.node("there", path)
        with contextlib.suppress(error):
            await io(node.write_bytes(b"new"))
            assert await io(node.read_bytes()) == b"new"
    assert await io(storage.node("there:d/x").read_bytes()) == b"x"
    assert await io(storage.node("there:a").read_bytes()) == b"a"
