"""Permission bits of folders that a copy or a move makes: never more open than what they are copied from."""

from __future__ import annotations

import os

import pytest

from trees import make


def bits(path: str) -> int:
    return os.stat(path).st_mode & 0o7777


@pytest.fixture
def modes(storage, root):
    """home:t with folders of many kinds."""
    kinds = {"t": 0o700, "t/private": 0o700, "t/group": 0o750, "t/all": 0o1777, "t/fixed": 0o555, "t/fixed/in": 0o500}
    for path in kinds:
        os.makedirs(f"{root}/{path}", exist_ok=True)
        with open(f"{root}/{path}/file", "w") as file:
            file.write(path)
    for path, mode in sorted(kinds.items(), reverse=True):
        os.chmod(f"{root}/{path}", mode)
    return kinds


@pytest.mark.parametrize("target", ["home", "other"])
@pytest.mark.parametrize(
    "options", [{}, {"skip": "size"}, {"on_file": lambda node: None}], ids=["plain", "compare", "told"]
)
async def test_copied_folders_have_the_bits_of_their_sources(storage, io, root, modes, target, options):
    await io(storage.node("home:t").copy_to(f"{target}:deep/er/copy", **options))
    base = (root if target == "home" else root + "-other") + "/deep/er/copy"
    for path, mode in modes.items():
        copy = base + path[1:]
        assert bits(copy) == mode, path
        with open(copy + "/file") as file:
            assert file.read() == path


async def test_moved_folders_keep_theirs_also_when_they_merge(storage, io, root, modes):
    await make(storage, io, "other:there", ["old"])
    os.chmod(root + "-other/there", 0o711)
    await io(storage.node("home:t").move_to("other:there"))
    assert bits(root + "-other/there") == 0o711  # it was there before
    for path, mode in modes.items():
        if path != "t":
            assert bits(root + "-other/there" + path[1:]) == mode, path
    assert not os.path.exists(root + "/t")


async def test_what_has_no_bits_gives_none(storage, io, root):
    await make(storage, io, "mem:t/sub", ["a"])
    before = os.umask(0o027)
    try:
        await io(storage.node("mem:t").copy_to("home:t"))
    finally:
        os.umask(before)
    assert bits(root + "/t") == bits(root + "/t/sub") == 0o750
