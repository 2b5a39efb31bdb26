"""The protocol "fsspec": filesystems of the package fsspec as mounts, by a configuration alone."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import textwrap
import uuid

import pytest

import scenarios
from genro_storage import StorageConfigError, StorageError, StorageManager, StoragePermissionError
from old_library import run_ours

fsspec = pytest.importorskip("fsspec")


def config(name, filesystem, base_path, **more):
    return {"name": name, "protocol": "fsspec", "filesystem": filesystem, "base_path": base_path, **more}


@pytest.fixture(params=["memory", "file"])
def mount(request, tmp_path):
    """The configuration of an empty mount `lent`."""
    base = f"/fsspec-{uuid.uuid4().hex}" if request.param == "memory" else str(tmp_path / "lent")
    fsspec.filesystem(request.param).makedirs(base)
    return config("lent", request.param, base)


@pytest.fixture
def storage(mount):
    storage = StorageManager()
    storage.configure([mount, {"name": "mem", "protocol": "memory", "base_path": f"beside-{uuid.uuid4().hex}"}])
    storage.node("mem:").mkdir(exist_ok=True)
    return storage


async def test_files_are_written_read_and_removed(storage, io):
    node = storage.node("lent:a/b.txt")
    assert await io(node.exists()) is False
    assert await io(node.write_text("héllo")) is True
    assert (await io(node.read_text()), await io(node.size()), await io(node.is_file())) == ("héllo", 6, True)
    await io(node.write_bytes(b"new"))
    assert await io(node.read_bytes()) == b"new"
    await io(node.delete())
    assert await io(node.exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(node.read_bytes())


async def test_folders_are_made_listed_and_removed(storage, io):
    await io(storage.node("lent:folder/inner").mkdir(parents=True))
    await io(storage.node("lent:folder/inner/x").write_bytes(b"1"))
    await io(storage.node("lent:folder/y").write_bytes(b"2"))
    assert sorted(child.basename for child in await io(storage.node("lent:folder").children())) == ["inner", "y"]
    assert await io(storage.node("lent:folder/inner").is_dir()) is True
    with pytest.raises(FileExistsError):
        await io(storage.node("lent:folder").mkdir())
    with pytest.raises(FileNotFoundError):
        await io(storage.node("lent:none").children())
    await io(storage.node("lent:folder").delete())
    assert await io(storage.node("lent:folder").exists()) is False


async def test_trees_are_copied_both_ways_and_large_contents_whole(storage, io):
    large = bytes(range(256)) * (20 << 12)  # 20 MiB, more than goes in one piece
    await io(storage.node("mem:t/large").write_bytes(large))
    await io(storage.node("mem:t/s/small").write_bytes(b"s"))
    await io(storage.node("mem:t").copy_to("lent:t"))
    assert await io(storage.node("lent:t/large").read_bytes()) == large
    await io(storage.node("lent:t").move_to("mem:back"))
    assert await io(storage.node("mem:back/large").read_bytes()) == large
    assert await io(storage.node("mem:back/s/small").read_bytes()) == b"s"
    assert await io(storage.node("lent:t").exists()) is False


def test_open_files_append_and_seek(storage):
    node = storage.node("lent:open.txt")
    with node.open("wb") as file:
        file.write(b"0123")
    with node.open("ab") as file:
        file.write(b"4567")
    with node.open("rb") as file:
        file.seek(2)
        assert file.read(4) == b"2345"
    assert node.read_bytes() == b"01234567"


async def test_parts_and_permissions_stand_on_it_as_on_any_mount(storage, io, mount):
    await io(storage.node("lent:p/x").write_bytes(b"1"))
    storage.add_mount({"name": "part", "path": "lent:p", "permissions": "readonly"})
    storage.add_mount({**mount, "name": "looked", "permissions": "readonly"})
    assert await io(storage.node("part:x").read_bytes()) == b"1"
    assert await io(storage.node("looked:p/x").read_bytes()) == b"1"
    for address in ("part:x", "looked:p/x"):
        with pytest.raises(StoragePermissionError):
            await io(storage.node(address).write_bytes(b"2"))


def test_it_may_be_the_first_mount_of_a_process(tmp_path):
    code = f"""
        from genro_storage import StorageManager
        storage = StorageManager()
        storage.add_mount({config("m", "file", str(tmp_path))!r})
        storage.node("m:x").write_text("1")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x").read_text() == "1"


def test_a_file_of_mounts_may_name_it(mount, tmp_path):
    path = tmp_path / "mounts.json"
    path.write_text(json.dumps([mount]))
    storage = StorageManager()
    storage.configure(str(path))
    storage.node("lent:x").write_text("1")
    assert fsspec.filesystem(mount["filesystem"]).cat(f"{mount['base_path']}/x") == b"1"


def test_its_options_reach_the_filesystem_as_plain_values(tmp_path):
    storage = StorageManager()
    options = {"auto_mkdir": False, "depth": 3, "ratio": 0.5, "tags": ["a", {"b": None}]}
    storage.add_mount(config("m", "file", str(tmp_path), options=options))
    node = storage.node("m:x")
    node.write_text("1")
    behind = storage._mounts["m"]._filesystem
    assert behind.auto_mkdir is False
    assert {key: behind.storage_options[key] for key in options} == options


def test_nothing_connects_before_it_is_used():
    storage = StorageManager()
    # Nobody listens there; the class connects as soon as it is made.
    storage.add_mount(config("old", "ftp", "/pub", options={"host": "127.0.0.1", "port": 1}))
    with pytest.raises(OSError):
        storage.node("old:x").read_bytes()


def test_capabilities_are_what_the_class_has_methods_for(tmp_path):
    storage = StorageManager()
    storage.configure([config("free", "file", str(tmp_path)), config("packed", "tar", "", options={"fo": "none.tar"})])
    free, packed = storage.node("free:").capabilities, storage.node("packed:").capabilities
    assert (free.read, free.write, free.delete, free.mkdir, free.list_dir, free.readonly) == (*[True] * 5, False)
    assert (packed.read, packed.write, packed.delete, packed.mkdir, packed.readonly) == (True, *[False] * 3, True)
    with pytest.raises(StorageConfigError, match="read-only"):
        storage.add_mount(config("x", "tar", "", options={"fo": "none.tar"}, permissions="readwrite"))


class OddError(Exception):
    """As libraries have them: of no class that says what happened."""


class OddFilesystem(fsspec.AbstractFileSystem):
    protocol = "odd"

    def info(self, path, **kwargs):
        raise OddError("the moon is full")


async def test_an_error_of_any_class_is_a_storage_error(io):
    fsspec.register_implementation("odd", OddFilesystem, clobber=True)
    storage = StorageManager()
    storage.add_mount(config("m", "odd", ""))
    with pytest.raises(StorageError, match="odd: OddError: the moon is full") as caught:
        await io(storage.node("m:x").exists())
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value.__cause__, OddError)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"filesystem": None}, "mount 'lent'.*missing required field: 'filesystem'"),
        ({"filesystem": "no-such-thing"}, "mount 'lent'.*'filesystem'.*no-such-thing"),
        ({"options": "host"}, "'options' must be names with values"),
        ({"options": {"opener": lambda: 1}}, "a function has no meaning here"),
    ],
)
def test_mistakes_are_configuration_errors(mount, broken, message):
    storage = StorageManager()
    with pytest.raises(StorageConfigError, match=message):
        storage.add_mount({**mount, **broken})
    assert storage.get_mount_names() == []


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match="pip install fsspec"):
        StorageManager().add_mount(config("m", "file", "/"))


SCENARIOS = [
    function
    for name, function in vars(scenarios).items()
    # serving is compared where there are ETags, and errors with the library before.
    if inspect.isfunction(function) and function not in (scenarios.errors, scenarios.serving)
]


def pair(make):
    """Two mounts, `m` and `other`."""
    return [make("m"), make("other")]


def outcome(scenario, mounts):
    try:
        return run_ours(scenario, mounts)
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_scenario_gives_what_it_gives_on_a_mount_of_the_engine(scenario, tmp_path):
    for name in ("m", "other", "lent-m", "lent-other"):
        (tmp_path / name).mkdir()
    own = pair(lambda name: {"name": name, "protocol": "local", "base_path": str(tmp_path / name)})
    lent = pair(lambda name: config(name, "file", str(tmp_path / f"lent-{name}")))
    assert outcome(scenario, lent) == outcome(scenario, own)
