"""zip and zip_to: archives that Python's zipfile reads."""

from __future__ import annotations

import io as memory
import os
import random
import stat
import time
import zipfile

import pytest


def opened(archive: bytes) -> zipfile.ZipFile:
    assert archive.startswith(b"PK")
    result = zipfile.ZipFile(memory.BytesIO(archive))
    assert result.testzip() is None
    return result


async def test_a_file_is_one_member_of_its_own_name(storage, mount, io):
    node = storage.node(mount, "d/a.txt")
    await io(node.write_text("hello"))
    archive = opened(await io(node.zip()))
    assert archive.namelist() == ["a.txt"]
    assert archive.read("a.txt") == b"hello"
    assert archive.infolist()[0].compress_type == zipfile.ZIP_DEFLATED


async def test_a_folder_gives_every_file_below_and_no_folders(storage, mount, io):
    contents = {"a.txt": b"A", "b/c.txt": b"C" * 10_000, "b/d/e.py": b"", "z/.hidden": b"H", "b.txt": b"B"}
    for path, content in contents.items():
        await io(storage.node(mount, "top", path).write_bytes(content))
    if mount in ("mem", "home"):
        await io(storage.node(mount, "top/empty").mkdir())
    archive = opened(await io(storage.node(mount, "top").zip()))
    assert {name: archive.read(name) for name in archive.namelist()} == contents
    assert len(archive.namelist()) == len(contents)


async def test_the_root_of_a_mount_is_a_folder_too(storage, io):
    await io(storage.node("mem:x/y").write_text("1"))
    assert opened(await io(storage.node("mem:").zip())).namelist() == ["x/y"]


async def test_an_iternode_gives_one_member_a_source_with_names_of_their_own(storage, io):
    for path in ("a/n.txt", "b/n.txt", "c/n.txt", "n (2).txt", "plain"):
        await io(storage.node("mem", path).write_text(path))
    sources = [storage.node("mem", path) for path in ("a/n.txt", "n (2).txt", "b/n.txt", "c/n.txt", "plain")]
    virtual = storage.iternode(sources[0], sources[1])
    archive = opened(await io(storage.iternode(*sources, virtual, virtual).zip()))
    assert {name: archive.read(name).decode() for name in archive.namelist()} == {
        "n.txt": "a/n.txt",
        "n (2).txt": "n (2).txt",
        "n (3).txt": "b/n.txt",
        "n (4).txt": "c/n.txt",
        "plain": "plain",
        "file": "a/n.txtn (2).txt",
        "file (2)": "a/n.txtn (2).txt",
    }


async def test_an_empty_iternode_and_an_empty_folder_are_empty_archives(storage, io):
    assert opened(await io(storage.iternode().zip())).namelist() == []
    await io(storage.node("home:empty/below").mkdir(parents=True))
    assert opened(await io(storage.node("home:empty").zip())).namelist() == []


async def test_nothing_and_a_difference_cannot_be_zipped(storage, io):
    await io(storage.node("mem:a").write_text("a"))
    for node in (
        storage.node("mem:missing"),
        storage.node("home:missing"),
        storage.node(),
        storage.diffnode(storage.node("mem:a"), storage.node("mem:a")),
    ):
        with pytest.raises(ValueError, match="Cannot create ZIP"):
            await io(node.zip())
        with pytest.raises(ValueError, match="Cannot create ZIP"):
            await io(node.zip_to("mem:out.zip"))
    assert await io(storage.node("mem:out.zip").exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(storage.iternode(storage.node("mem:missing")).zip())


async def test_times_and_modes_of_local_files_are_kept(storage, io):
    node = storage.node("home:script.sh")
    await io(node.write_text("#!/bin/sh\n"))
    path = node.resolved_path
    os.chmod(path, 0o751)
    moment = time.mktime((2021, 5, 6, 7, 8, 10, 0, 0, -1))
    os.utime(path, (moment, moment))
    member = opened(await io(node.zip())).infolist()[0]
    assert member.date_time == (2021, 5, 6, 7, 8, 10)
    assert stat.S_IMODE(member.external_attr >> 16) == 0o751
    assert stat.S_ISREG(member.external_attr >> 16)


async def test_members_without_a_time_are_of_1980(storage, io):
    assert opened(await io(storage.iternode(storage.iternode()).zip())).infolist()[0].date_time[:3] == (1980, 1, 1)


async def test_names_beyond_ascii_are_kept(storage, io):
    await io(storage.node("home:d/caffè/☕.txt").write_text("x"))
    assert opened(await io(storage.node("home:d").zip())).namelist() == ["caffè/☕.txt"]


async def test_large_members_are_streamed_and_whole(storage, mount, io):
    data = random.Random(3).randbytes(1_500_000) + b"zero" * 500_000
    node = storage.node(mount, "big/data.bin")
    await io(node.write_bytes(data))
    for archive in (await io(node.zip()), await io(storage.iternode(node, node).zip())):
        assert opened(archive).read("data.bin") == data
    # The members of a nested iternode have no size beforehand.
    assert opened(await io(storage.iternode(storage.iternode(node, node)).zip())).read("file") == data * 2


async def test_zip_to_writes_the_archive_to_a_node_and_gives_it(storage, mount, io):
    await io(storage.node("home:d/a.txt").write_text("A"))
    target = storage.node(mount, "out/d.zip")
    assert await io(storage.node("home:d").zip_to(target)) is target
    assert opened(await io(target.read_bytes())).read("a.txt") == b"A"
    again = await io(storage.node("home:d").zip_to(f"{mount}:again.zip"))
    assert again.fullpath == f"{mount}:again.zip"
    assert await io(again.read_bytes()) == await io(target.read_bytes())


async def test_zip_to_a_file_inside_the_folder_leaves_that_file_out(storage, io):
    for node in (storage.node("home:d"), storage.node("mem:d")):
        await io(node.child("a.txt").write_text("A"))
        target = node.child("d.zip")
        await io(node.zip_to(target))
        await io(node.zip_to(target))
        assert opened(await io(target.read_bytes())).namelist() == ["a.txt"]


async def test_zip_to_leaves_the_old_file_when_a_member_fails(storage, io):
    target = storage.node("home:out.zip")
    await io(target.write_text("old"))
    with pytest.raises(FileNotFoundError):
        await io(storage.iternode(storage.node("mem:missing")).zip_to(target))
    assert await io(target.read_text()) == "old"
    with pytest.raises(ValueError, match="Cannot write to virtual node"):
        await io(target.zip_to(storage.iternode()))


async def test_links_inside_the_mount_are_followed_and_others_left_out(storage, io):
    await io(storage.node("home:d/real/a.txt").write_text("A"))
    root = storage.node("home:d").resolved_path
    os.symlink("real", f"{root}/link")
    os.symlink("real/a.txt", f"{root}/b.txt")
    os.symlink("..", f"{root}/real/up")
    os.symlink("nowhere", f"{root}/dangling")
    os.symlink("/etc/passwd", f"{root}/outside")
    os.mkfifo(f"{root}/pipe")
    names = opened(await io(storage.node("home:d").zip())).namelist()
    assert sorted(names) == ["b.txt", "link/a.txt", "real/a.txt"]


@pytest.mark.full_only
async def test_more_members_than_16_bits_count_need_zip64_and_are_all_there(storage, io):
    one = storage.node("mem:x")
    await io(one.write_bytes(b"1"))
    archive = opened(await io(storage.iternode(*[one] * 65_600).zip()))
    assert len(archive.namelist()) == len(set(archive.namelist())) == 65_600


async def test_base64_text_of_a_file(storage, mount, io):
    node = storage.node(mount, "pic.png")
    await io(node.write_bytes(b"\xff\xfe\x00 hello"))
    assert await io(node.to_base64()) == "data:image/png;base64,//4AIGhlbGxv"
    assert await io(node.to_base64("text/x;charset=y")) == "data:text/x;charset=y;base64,//4AIGhlbGxv"
    assert await io(node.to_base64(mime="")) == "data:;base64,//4AIGhlbGxv"
    assert await io(node.to_base64(include_uri=False)) == "//4AIGhlbGxv"
    assert await io(node.to_base64("a/b", False)) == "//4AIGhlbGxv"


async def test_base64_text_of_unknown_kinds_and_of_nothing(storage, mount, io):
    node = storage.node(mount, "thing")
    await io(node.write_bytes(b""))
    assert await io(node.to_base64()) == "data:application/octet-stream;base64,"
    with pytest.raises(FileNotFoundError):
        await io(storage.node(mount, "missing").to_base64())
    await io(storage.node(mount, "folder/file").write_bytes(b"x"))
    with pytest.raises(ValueError, match="Cannot encode directory"):
        await io(storage.node(mount, "folder").to_base64())


async def test_base64_text_of_a_large_file_has_no_line_breaks(storage, io):
    import base64

    data = random.Random(4).randbytes(1_000_001)
    await io(storage.node("home:big").write_bytes(data))
    assert await io(storage.node("home:big").to_base64(include_uri=False)) == base64.b64encode(data).decode()


async def test_a_name_that_no_archive_can_hold_is_an_error_and_no_broken_archive(storage, io):
    folder = storage.node("mem:deep")
    longest = "/".join(["n" * 255] * 256)
    assert len(longest) == 65_535
    await io(folder.child(longest).write_text("x"))
    assert opened(await io(folder.zip())).namelist() == [longest]
    await io(folder.child("m" + longest).write_text("x"))
    with pytest.raises(ValueError, match="65535"):
        await io(folder.zip())
    with pytest.raises(ValueError, match="65535"):
        await io(folder.zip_to("home:a.zip"))
    assert await io(storage.node("home:a.zip").exists()) is False


async def test_a_number_behind_a_name_may_make_it_too_long(storage, io):
    node = storage.node("mem", "n" * 65_534)
    await io(node.write_text("x"))
    assert [len(name) for name in opened(await io(storage.iternode(node).zip())).namelist()] == [65_534]
    with pytest.raises(ValueError, match="65535"):
        await io(storage.iternode(node, node).zip())
