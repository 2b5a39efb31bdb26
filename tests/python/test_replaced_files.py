"""What becomes of a local file that is replaced: its bits, its links, its folder, and nothing beside it."""

import asyncio
import os
import shutil
import stat

import pytest


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


async def rewrite(storage, io, node, way):
    if way == "write_bytes":
        await io(node.write_bytes(b"new"))
    elif way == "write_text":
        await io(node.write_text("new"))
    elif way == "copy":
        await io(storage.node("mem:source").write_text("new"))
        await io(storage.node("mem:source").copy_to(node))
    elif way == "append":
        await io(node.append("new"))
    else:
        with node.open(way) as file:
            file.write(b"new" if "b" in way else "new")


WAYS = ["write_bytes", "write_text", "copy", "append", "w", "wb", "w+", "a", "r+"]


@pytest.mark.parametrize("bits", [0o640, 0o444, 0o755, 0o4755, 0o7777])
@pytest.mark.parametrize("way", WAYS)
async def test_all_twelve_permission_bits_stay(storage, io, way, bits):
    node = storage.node("home:f")
    await io(node.write_text("old"))
    os.chmod(node.resolved_path, bits)
    if way == "append" and not bits & 0o200 and os.geteuid() != 0:
        pytest.skip("bytes are added to the file itself")
    await rewrite(storage, io, node, way)
    assert mode_of(node.resolved_path) == bits
    assert "new" in await io(node.read_text())


@pytest.mark.parametrize("way", [way for way in WAYS if way != "r+"])
async def test_a_new_file_follows_the_umask(storage, io, way):
    before = os.umask(0o027)
    try:
        node = storage.node("home:new/f")
        await rewrite(storage, io, node, way)
    finally:
        os.umask(before)
    assert mode_of(node.resolved_path) == 0o640


async def test_another_name_of_the_old_file_keeps_the_old_content(storage, io):
    node = storage.node("home:f")
    await io(node.write_text("old"))
    os.link(node.resolved_path, node.resolved_path + "-other")
    await io(node.write_text("new"))
    assert await io(storage.node("home:f-other").read_text()) == "old"


async def test_a_link_stays_and_its_target_is_replaced_or_made(storage, io, tmp_path):
    home = tmp_path / "home"
    await io(storage.node("home:target").write_text("old"))
    (home / "link").symlink_to("target")
    (home / "dangling").symlink_to("d/made")
    (home / "outside").symlink_to(tmp_path / "elsewhere")
    await io(storage.node("home:link").write_text("new"))
    assert (home / "link").is_symlink()
    assert (home / "target").read_text() == "new"
    assert await io(storage.node("home:dangling").exists()) is False
    await io(storage.node("home:dangling").write_text("made"))
    assert (home / "dangling").is_symlink()
    assert (home / "d/made").read_text() == "made"
    with pytest.raises(ValueError, match="Path escapes base directory"):
        await io(storage.node("home:outside").write_text("x"))
    assert not (tmp_path / "elsewhere").exists()


async def test_what_cannot_be_replaced_is_an_error_that_leaves_nothing_behind(storage, io, tmp_path):
    home = tmp_path / "home"
    await io(storage.node("home:folder/inside").write_text("x"))
    await io(storage.node("home:file").write_text("x"))
    for address in ("home:folder", "home:"):
        for way in ("write_bytes", "copy", "w", "wb", "w+"):
            with pytest.raises(IsADirectoryError):
                await rewrite(storage, io, storage.node(address), way)
    for way in ("write_bytes", "copy", "w", "a"):
        with pytest.raises((FileExistsError, NotADirectoryError)):
            await rewrite(storage, io, storage.node("home:file/below"), way)
    assert sorted(os.listdir(home)) == ["file", "folder"]
    assert os.listdir(home / "folder") == ["inside"]
    assert os.listdir(tmp_path) == ["home"]


@pytest.mark.parametrize("way", ["write_bytes", "copy", "w", "append"])
async def test_a_name_may_be_as_long_as_the_file_system_lets_it(storage, io, tmp_path, way):
    node = storage.node("home", "n" * 255)
    await rewrite(storage, io, node, way)
    await rewrite(storage, io, node, way)
    assert os.listdir(tmp_path / "home") == ["n" * 255]
    with pytest.raises(OSError):
        await rewrite(storage, io, storage.node("home", "n" * 256), way)
    assert os.listdir(tmp_path / "home") == ["n" * 255]


def test_closing_explicitly_commits_whatever_comes_after(storage, mount):
    node = storage.node(mount, "f")
    with pytest.raises(KeyError), node.open("w") as file:
        file.write("kept")
        file.close()
        file.close()
        assert file.closed
        raise KeyError("too late")
    assert node.read_text() == "kept"


def test_while_a_file_is_written_others_see_the_old_one_and_only_it(storage, mount):
    node = storage.node(mount, "d/f")
    node.write_text("old")
    with node.open("w") as file:
        file.write("new" * 100_000)
        file.flush()
        assert node.read_text() == "old"
        assert [child.basename for child in storage.node(mount, "d").children()] == ["f"]
    assert node.read_text() == "new" * 100_000


@pytest.mark.loop_only
@pytest.mark.parametrize("way", ["read", "stat", "list"])
async def test_all_operations_find_the_mounts_folder_when_it_was_removed_and_made_again(storage, way):
    home = storage.node("home:").resolved_path
    nodes = [storage.node(f"home:folder/{number}") for number in range(40)]
    for _ in range(20):
        shutil.rmtree(home)
        os.makedirs(home + "/folder")
        for number in range(40):
            with open(f"{home}/folder/{number}", "w") as file:
                file.write("content")
        if way == "read":
            assert await asyncio.gather(*(node.read_text() for node in nodes)) == ["content"] * 40
        elif way == "stat":
            assert all(await asyncio.gather(*(node.exists() for node in nodes)))
        else:
            listed = await asyncio.gather(*(storage.node("home:folder").children() for _ in nodes))
            assert [len(children) for children in listed] == [40] * 40
