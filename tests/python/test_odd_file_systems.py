"""File systems that are not as usual, each mounted for real where this system allows it: mount points over files and
folders, folders that take no new files, and exFAT through FUSE, which takes capitals for small letters and knows no
links, permission bits and renames that may not replace.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

PROLOGUE = """
import asyncio, inspect, json, os, sys
from genro_storage import StorageManager

top, world = sys.argv[1:3]
storage = StorageManager()
storage.configure([
    {"name": "home", "protocol": "local", "base_path": top + "/home"},
    {"name": "mem", "protocol": "memory", "base_path": "odd"},
])
found = {}

def node(path):
    return storage.node("home", path)

async def io(result):
    return await result if inspect.isawaitable(result) else result

async def attempt(name, make):
    try:
        await io(make())
    except Exception as error:
        found[name] = type(error).__name__
    else:
        found[name] = "no error"

def text(path):
    with open(top + "/" + path) as file:
        return file.read()

def names(path):
    return sorted(os.listdir(top + "/" + path))

def everything(path):
    found = {}
    for folder, _, files in os.walk(top + "/" + path):
        for name in files:
            with open(os.path.join(folder, name)) as file:
                found[os.path.relpath(os.path.join(folder, name), top + "/" + path)] = file.read()
    return found
"""

EPILOGUE = """
if world == "loop":
    asyncio.run(scenario())
else:
    try:
        scenario().send(None)
    except StopIteration:
        pass
print(json.dumps(found))
"""

needs_mounts = pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True).returncode != 0,
    reason="this system lets nobody mount a file system in a namespace",
)
both_worlds = pytest.mark.parametrize("driver", ["sync", "loop"])


def play(
    top: Path, world: str, prepare: str, scenario: str, *, mapped: bool = True, finish: str = "true"
) -> dict[str, Any]:
    """Runs the scenario in a mount namespace between `prepare` and `finish`, lines of shell. $1 is `top`."""
    shell = f'set -e\n{prepare}\nset +e\n"${{@:2}}"\nstatus=$?\n{finish}\nexit $status'
    script = PROLOGUE + scenario + EPILOGUE
    command = ["unshare", *(["--map-root-user"] if mapped else []), "--mount", "bash", "-c", shell, "bash", str(top)]
    done = subprocess.run(
        [*command, sys.executable, "-c", script, str(top), world], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def play_on_exfat(top: Path, world: str, scenario: str) -> dict[str, Any]:
    """`home` is exFAT through FUSE, or the test is skipped."""
    tools = all(map(shutil.which, ("mkfs.exfat", "mount.exfat-fuse", "losetup")))
    if not tools or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("exFAT through FUSE cannot be mounted here")
    prepare = """
        truncate -s 64M "$1/disk"; mkfs.exfat "$1/disk" >&2
        device=$(losetup --find --show "$1/disk")
        mount.exfat-fuse "$device" "$1/home" >&2
        losetup --detach "$device"
    """
    return play(top, world, prepare, scenario, mapped=False, finish='umount "$1/home"')


MOUNT_POINTS = """
async def scenario():
    await io(node("file").write_text("written"))
    found["written"] = [text("home/file"), text("under")]
    await io(node("file").write_text("a longer text, and then"))
    await io(node("file").write_text("a shorter one"))
    found["shorter"] = text("under")
    await io(node("file").append(b", added to"))
    found["appended"] = text("under")
    await io(node("file").append(b"n" * (2 << 20)))
    found["large append"] = len(text("under"))
    await io(node("file").write_bytes(b"l" * (3 << 20)))
    found["large"] = text("under") == "l" * (3 << 20)
    if world == "sync":
        with node("file").open("wb") as file:
            file.write(b"streamed")
    else:
        async with node("file").open("wb") as file:
            await file.write(b"streamed")
    found["streamed"] = text("under")
    await io(node("other").write_text("other"))
    await io(node("other").copy_to("home:file"))
    found["copied"] = text("under")
    await io(node("moved").write_text("moved"))
    await io(node("moved").move_to("home:file"))
    found["moved"] = [text("under"), names("home")]
    await io(node("there").move_to("home:inside/there"))
    found["into another file system"] = [text("home/inside/there"), names("home")]
"""


@needs_mounts
@both_worlds
def test_a_file_that_is_a_mount_point_can_be_written_copied_and_moved_to(tmp_path: Path, driver: str) -> None:
    (tmp_path / "home" / "inside").mkdir(parents=True)
    (tmp_path / "home" / "file").write_text("below")
    (tmp_path / "home" / "there").write_text("there")
    (tmp_path / "under").write_text("old")
    prepare = 'mount --bind "$1/under" "$1/home/file"; mount -t tmpfs none "$1/home/inside"'
    found = play(tmp_path, driver, prepare, MOUNT_POINTS)
    assert found["written"] == ["written", "written"]
    assert found["shorter"] == "a shorter one"
    assert found["appended"] == "a shorter one, added to"
    assert found["large append"] == len("a shorter one, added to") + (2 << 20)
    assert found["large"] is True
    assert found["streamed"] == "streamed"
    assert found["copied"] == "other"
    assert found["moved"] == ["moved", ["file", "inside", "other", "there"]]
    assert found["into another file system"] == ["there", ["file", "inside", "other"]]
    assert (tmp_path / "home" / "file").read_text() == "below"


TWO_WAYS = """
async def scenario():
    await attempt("copy inside", lambda: node("Folder").copy_to("home:bound/inner"))
    await attempt("move inside", lambda: node("Folder").move_to("home:bound/inner"))
    await attempt("copy out", lambda: node("bound/sub").copy_to("home:Folder"))
    await attempt("copy onto", lambda: node("Folder").copy_to("home:bound"))
    await attempt("move onto", lambda: node("Folder").move_to("home:bound"))
    found["still there"] = everything("home/Folder")
"""


@needs_mounts
@both_worlds
def test_one_folder_under_two_names_is_one_folder(tmp_path: Path, driver: str) -> None:
    (tmp_path / "home" / "Folder" / "sub").mkdir(parents=True)
    (tmp_path / "home" / "bound").mkdir()
    (tmp_path / "home" / "Folder" / "a").write_text("A")
    (tmp_path / "home" / "Folder" / "sub" / "b").write_text("B")
    found = play(tmp_path, driver, 'mount --bind "$1/home/Folder" "$1/home/bound"', TWO_WAYS)
    assert found["copy inside"] == found["move inside"] == "StorageValueError"
    assert found["copy onto"] == found["move onto"] == "no error"
    assert found["still there"] == {"a": "A", "sub/b": "B"} | ({"b": "B"} if found["copy out"] == "no error" else {})


FOREIGN = """
os.setgroups([])
os.setgid(12345)
os.setuid(12345)

async def scenario():
    await io(node("open").write_text("written"))
    await io(node("open").append(b" and added to"))
    found["open"] = text("home/open")
    await io(node("sticky/open").write_text("written"))
    found["sticky"] = text("home/sticky/open")
    await io(storage.node("mem:source").write_text("copied"))
    await io(storage.node("mem:source").copy_to("home:open"))
    found["copied"] = text("home/open")
    await attempt("closed", lambda: node("closed").write_text("x"))
    await attempt("new", lambda: node("new").write_text("x"))
    found["names"] = [names("home"), names("home/sticky")]
"""


@needs_mounts
@both_worlds
def test_a_foreign_file_that_everybody_may_write_is_written_in_place(tmp_path: Path, driver: str) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("only a true root can become somebody else")
    home = tmp_path / "home"
    (home / "sticky").mkdir(parents=True)
    for folder in [home, tmp_path, *tmp_path.parents]:
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    for name, mode in (("open", 0o666), ("closed", 0o644), ("sticky/open", 0o666)):
        (home / name).write_text("old")
        (home / name).chmod(mode)
    (home / "sticky").chmod(0o1777)
    found = play(tmp_path, driver, "true", FOREIGN, mapped=False)
    assert found["open"] == "written and added to"
    assert found["sticky"] == "written"
    assert found["copied"] == "copied"
    assert found["closed"] == found["new"] == "StoragePermissionError"
    assert found["names"] == [["closed", "open", "sticky"], ["open"]]


CAPITALS = """
async def scenario():
    await io(node("report.txt").write_text("report"))
    await io(node("report.txt").move_to("home:Report.txt"))
    found["file"] = [names("home"), text("home/REPORT.TXT")]
    await io(node("Folder/a").write_text("A"))
    await io(node("Folder/sub/b").write_text("B"))
    for path in ("folder/inner", "FOLDER/sub/inner"):
        await attempt("copy inside", lambda: node("Folder").copy_to("home:" + path))
        await attempt("move inside", lambda: node("Folder").move_to("home:" + path))
    await io(node("Folder").copy_to("home:fOLDER"))
    await io(node("Folder").move_to("home:folder"))
    found["folder"] = everything("home/folder")
    found["names"] = names("home")
    await io(node("folder").move_to("home:elsewhere"))
    found["moved"] = everything("home/elsewhere")
    if world == "sync":
        with node("fresh").open("xb") as file:
            file.write(b"fresh")
    else:
        async with node("fresh").open("xb") as file:
            await file.write(b"fresh")
    found["exclusive"] = text("home/fresh")
    async def again():
        if world == "sync":
            with node("FRESH").open("xb") as file:
                file.write(b"again")
        else:
            async with node("FRESH").open("xb") as file:
                await file.write(b"again")
    await attempt("again", again)
    found["still"] = text("home/fresh")
    await io(node("fresh").append(b"n" * (2 << 20)))
    found["appended"] = len(text("home/fresh"))
    found["left"] = names("home")
"""


@needs_mounts
@both_worlds
def test_capitals_and_small_letters_can_be_one_name(tmp_path: Path, driver: str) -> None:
    (tmp_path / "home").mkdir()
    found = play_on_exfat(tmp_path, driver, CAPITALS)
    assert found["file"] == [["Report.txt"], "report"]
    assert found["copy inside"] == found["move inside"] == "StorageValueError"
    assert found["folder"] == {"a": "A", "sub/b": "B"}
    assert sorted(map(str.lower, found["names"])) == ["folder", "report.txt"]
    assert found["moved"] == {"a": "A", "sub/b": "B"}
    assert found["exclusive"] == found["still"] == "fresh"
    assert found["again"] == "StorageExistsError"
    assert found["appended"] == 5 + (2 << 20)
    assert sorted(map(str.lower, found["left"])) == ["elsewhere", "fresh", "report.txt"]


NAMESAKES = """
FILES = ["a", "A", "plain", "x/f", "X/f", "X/g/h", "\u00e9.txt", "\u00c9.txt", "both/n", "both/N/below"]

async def fill(mount):
    for path in FILES:
        await io(storage.node(mount, "tree/" + path).write_text(path))

def tell(told):
    return lambda source, error: told.append([source.path, type(error).__name__, str(error)])

async def scenario():
    storage.add_mount({"name": "case", "protocol": "local", "base_path": top + "/case"})
    for mount in ("mem", "case"):
        told = []
        await fill(mount)
        await io(storage.node(mount, "tree").copy_to("home:" + mount, on_error=tell(told)))
        found[mount + " copied"] = [everything("home/" + mount), told]

        await io(storage.node(mount, "tree").copy_to("case:copied", on_error=tell(told)))
        found[mount + " told apart"] = [everything("case/copied"), len(told)]

        told, skipped = [], []
        await io(storage.node(mount, "tree").copy_to("home:" + mount, skip="exists", on_error=tell(told)))
        found[mount + " again"] = [everything("home/" + mount), told]
        await io(storage.node(mount, "tree").copy_to(
            "home:" + mount, on_error=tell([]), on_skip=lambda source, reason: skipped.append([source.path, reason])))
        found[mount + " over"] = [everything("home/" + mount), skipped]

        told = []
        await io(storage.node(mount, "tree").move_to("home:" + mount + "-moved", on_error=tell(told)))
        kept = {}
        for path in FILES:
            if await io(storage.node(mount, "tree/" + path).exists()):
                kept[path] = await io(storage.node(mount, "tree/" + path).read_text())
        found[mount + " moved"] = [everything("home/" + mount + "-moved"), told, kept]
    found["names"] = names("home")
"""


@needs_mounts
@both_worlds
def test_what_a_file_system_takes_for_one_name_does_not_overwrite_in_a_tree(tmp_path: Path, driver: str) -> None:
    for folder in ("home", "case"):
        (tmp_path / folder).mkdir()
    found = play_on_exfat(tmp_path, driver, NAMESAKES)
    everything = {"a", "A", "plain", "x/f", "X/f", "X/g/h", "\u00e9.txt", "\u00c9.txt", "both/n", "both/N/below"}
    first = {"A", "X/f", "X/g/h", "\u00c9.txt", "both/N/below"}  # capitals come before small letters
    second = everything - first - {"plain"}
    for mount in ("mem", "case"):
        copied, told = found[mount + " copied"]
        assert copied == {path: path for path in first | {"plain"}}
        assert {path for path, _, _ in told} == {"tree/a", "tree/x", "tree/\u00e9.txt", "tree/both/n"}
        for path, kind, message in told:
            assert kind == "StorageExistsError"
            assert path.split("/")[-1] in message
            assert f"{mount}:{path.rsplit('/', 1)[0]}/" in message  # the source of what has the name
        assert found[mount + " told apart"] == [{path: path for path in everything}, len(told)]
        assert found[mount + " again"] == [copied, told]
        over, skipped = found[mount + " over"]
        assert over == copied
        assert dict(skipped)["tree/a"] == "the destination takes its name for that of 'A'"
        moved, told, kept = found[mount + " moved"]
        assert moved == copied
        assert len(told) == 4
        assert kept == {path: path for path in second}
    assert found["names"] == ["case", "case-moved", "mem", "mem-moved"]


MADE_UP = """
async def scenario():
    storage.add_mount({"name": "proc", "protocol": "local", "base_path": "/proc"})
    storage.add_mount({"name": "sys", "protocol": "local", "base_path": "/sys"})
    version = storage.node("proc:version")
    with open("/proc/version") as file:
        expected = file.read()
    found["read"] = (await io(version.read_text())) == expected
    await io(version.copy_to("mem:version"))
    found["copied to memory"] = (await io(storage.node("mem:version").read_text())) == expected
    await io(version.copy_to("home:version"))
    found["copied"] = text("home/version") == expected
    if world == "sync":
        with version.open("r") as file:
            found["opened"] = file.read() == expected
    else:
        async with version.open("r") as file:
            found["opened"] = (await file.read()) == expected
    await io(storage.node("proc:sys/kernel/random").copy_to("home:tree"))
    found["tree"] = len(text("home/tree/poolsize")) > 1
    found["page"] = (await io(storage.node("sys:kernel/mm/transparent_hugepage/enabled").read_text())).strip()
    comm = storage.node("proc:self/comm")
    await io(comm.write_text("renamed"))
    with open("/proc/self/comm") as file:
        found["written"] = file.read().strip()
"""


@needs_mounts
@both_worlds
def test_files_of_proc_and_sys_are_read_to_their_end_and_can_be_written(tmp_path: Path, driver: str) -> None:
    (tmp_path / "home").mkdir()
    found = play(tmp_path, driver, "true", MADE_UP)
    for question in ("read", "copied to memory", "copied", "opened", "tree"):
        assert found[question] is True, question
    assert "[" in found["page"]
    assert found["written"] == "renamed"
