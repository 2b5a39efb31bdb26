"""LocalStorage, Base64Backend, FsspecBackend, RelativeMountBackend: used directly, always synchronous."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import io as streams
import os
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genro_storage import StorageConfigError, StoragePermissionError
from genro_storage.backends import Base64Backend, FsspecBackend, LocalStorage, RelativeMountBackend
from shelf import Shelf


@pytest.fixture
def folder(storage, tmp_path):
    return tmp_path / "home"


@pytest.fixture
def local(folder):
    return LocalStorage(folder)


@pytest.fixture(params=["local", "memory", "relative", "shelf", "fsspec"])
def backend(request, storage, folder):
    """A writable one of every kind."""
    if request.param == "local":
        return LocalStorage(str(folder))
    if request.param == "memory":
        return FsspecBackend("memory", f"objects-{uuid.uuid4().hex}")
    if request.param == "relative":
        return RelativeMountBackend(LocalStorage(folder), "below/here/")
    if request.param == "fsspec":
        return FsspecBackend("file", str(folder))
    shelf = Shelf()
    shelf.delete = functools.partial(empty_shelf, shelf)
    return RelativeMountBackend(shelf, "")


def empty_shelf(shelf, path, recursive=False):
    below = [key for key in shelf.files if key.startswith(path + "/")]
    if below and not recursive:
        raise ValueError(f"not empty: {path}")
    for key in [*below, path]:
        shelf.files.pop(key, None)


@pytest.mark.parametrize("inside_a_loop", [False, True])
def test_its_methods_give_values_everywhere(backend, inside_a_loop):
    def use():
        assert backend.exists("a/b.txt") is False
        assert backend.write_bytes("a/b.txt", b"one\r\ntwo") is None
        assert type(backend.read_bytes("a/b.txt")) is bytes
        assert backend.read_bytes("a/b.txt") == b"one\r\ntwo"
        assert backend.write_text("a/c.txt", "héllo") is None
        assert backend.read_text("a/c.txt") == "héllo"
        assert backend.write_text("a/l.txt", "é", encoding="latin-1") is None
        assert backend.read_text("a/l.txt", encoding="latin-1") == "é"
        assert (backend.exists("a"), backend.is_dir("a"), backend.is_file("a")) == (True, True, False)
        assert (backend.exists("a/b.txt"), backend.is_dir("a/b.txt"), backend.is_file("a/b.txt")) == (True, False, True)
        assert type(backend.size("a/b.txt")) is int
        assert backend.size("a/b.txt") == 8
        assert type(backend.mtime("a/b.txt")) is float
        assert backend.ext_attributes("a/b.txt") == (backend.mtime("a/b.txt"), 8, False)
        assert backend.ext_attributes("a")[1:] == (None, True)
        assert backend.ext_attributes("none") == (None, None, False)
        assert sorted(backend.list_dir("a")) == ["b.txt", "c.txt", "l.txt"]
        with backend.open("a/b.txt") as file:
            assert file.read() == b"one\r\ntwo"
        with backend.open("a/b.txt", "wb") as file:
            file.write(b"new")
        assert backend.read_bytes("a/b.txt") == b"new"
        with pytest.raises(ValueError, match="not empty"):
            backend.delete("a")
        assert backend.get_metadata("a/b.txt") == {}
        assert backend.get_hash("a/b.txt") is None
        backend.delete("a/b.txt")
        backend.delete("a/b.txt")
        backend.delete("a", recursive=True)
        assert backend.exists("a") is False
        with pytest.raises(FileNotFoundError):
            backend.read_bytes("a/b.txt")

    async def in_a_loop():
        use()

    asyncio.run(in_a_loop()) if inside_a_loop else use()


def test_folders_are_made_as_asked(backend):
    if isinstance(getattr(backend, "parent", None), Shelf):
        pytest.skip("a shelf makes folders in its own way")
    with pytest.raises(FileNotFoundError):
        backend.mkdir("x/y")
    backend.mkdir("x/y", parents=True)
    backend.mkdir("x/y", False, True)
    with pytest.raises(FileExistsError):
        backend.mkdir("x/y")
    assert backend.is_dir("x/y")
    assert backend.list_dir("x") == ["y"]


@pytest.mark.parametrize("other", ["local", "memory", "base64", "shelf", "relative"])
def test_a_file_is_copied_to_any_other_backend(backend, other, tmp_path):
    (tmp_path / "other").mkdir()
    target = {
        "local": lambda: LocalStorage(tmp_path / "other"),
        "memory": lambda: FsspecBackend("memory", f"objects-{uuid.uuid4().hex}"),
        "base64": Base64Backend,
        "shelf": Shelf,
        "relative": lambda: RelativeMountBackend(LocalStorage(tmp_path / "other"), "in"),
    }[other]()
    backend.write_bytes("src", b"content")
    path = backend.copy("src", target, "dst") or "dst"
    assert target.read_bytes(path) == b"content"
    assert (path == "dst") == (other != "base64")


class TestLocalStorage:
    def test_it_shows_its_folder(self, local, folder):
        assert local.base_path == Path(folder)
        assert type(local.base_path) is type(Path(folder))
        assert repr(local) == f"LocalStorage('{folder}')"
        assert local.resolved_path("a/b") == str(folder / "a/b")

    def test_a_base_that_is_a_link_is_resolved(self, folder, tmp_path):
        (tmp_path / "link").symlink_to(folder)
        local = LocalStorage(tmp_path / "link")
        assert local.base_path == folder
        local.write_bytes("a", b"x")
        assert (folder / "a").read_bytes() == b"x"

    def test_the_folder_must_be_an_absolute_existing_folder(self, folder):
        with pytest.raises(ValueError, match="must be absolute"):
            LocalStorage("relative")
        with pytest.raises(FileNotFoundError, match="Base path does not exist"):
            LocalStorage(folder / "none")
        (folder / "file").touch()
        with pytest.raises(ValueError, match="must be a directory"):
            LocalStorage(folder / "file")

    @pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "link/x", "link"])
    def test_no_operation_leaves_the_folder(self, local, folder, tmp_path, path):
        (tmp_path / "x").write_text("secret")
        (folder / "link").symlink_to(tmp_path)
        calls = [
            local.exists, local.is_file, local.is_dir, local.size, local.mtime, local.read_bytes, local.read_text,
            local.resolved_path, local.list_dir, local.open, local.mkdir, local.ext_attributes,
            lambda path: local.write_bytes(path, b""),
        ]  # fmt: skip
        if path != "link":  # the link itself is inside: deleting takes it, not what it leads to
            calls.append(local.delete)
        for call in calls:
            with pytest.raises(ValueError, match="Path escapes base directory"):
                call(path)
        assert (tmp_path / "x").read_text() == "secret"

    def test_dots_that_stay_inside_are_fine(self, local, folder):
        local.write_bytes("a/x", b"1")
        assert local.read_bytes("b/../a/./x") == b"1"
        assert local.read_bytes(f"{folder}/a/x") == b"1"

    def test_a_name_with_nul_is_refused(self, local):
        with pytest.raises(ValueError):
            local.write_bytes("a\0b", b"")

    def test_a_function_is_asked_each_time(self, tmp_path):
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        now = [tmp_path / "one"]
        local = LocalStorage(lambda: now[0])
        local.write_bytes("a", b"1")
        assert local.base_path == tmp_path / "one"
        now[0] = tmp_path / "two"
        assert not local.exists("a")
        assert local.base_path == tmp_path / "two"

        def broken():
            raise LookupError("no base today")

        with pytest.raises(LookupError, match="no base today"):
            LocalStorage(broken).exists("a")

    def test_a_function_with_a_parameter_gets_the_first_component(self, tmp_path):
        asked = []

        def base(prefix):
            asked.append(prefix)
            return tmp_path / f"base-{prefix}"

        local = LocalStorage(base)
        assert local.base_path == tmp_path / "base-"
        assert set(asked) == {""}
        local.write_bytes("pkg/a/b", b"x")
        assert (tmp_path / "base-pkg/a/b").read_bytes() == b"x"
        for path in ("pkg/../../x", "pkg/../x", "pkg/a/../../b"):
            with pytest.raises(ValueError, match="Path escapes base directory"):
                local.read_bytes(path)
        assert local.read_bytes("pkg/c/../a/b") == b"x"

    @pytest.mark.parametrize("wrap", [{}, {"permissions": "readonly"}])
    def test_the_object_of_a_switched_mount_keeps_to_the_folder_that_was_chosen(self, storage, tmp_path, wrap):
        def base(prefix):
            return tmp_path / f"base-{prefix}"

        storage.add_mount({"name": "switched", "protocol": "local", "base_path": base, **wrap})
        storage.add_mount({"name": "below", "path": "switched:pkg"})
        LocalStorage(base).write_bytes("other/secret", b"x")
        LocalStorage(base).write_bytes("pkg/a/b", b"y")
        backend = storage._mounts["switched"]
        for path in ("pkg/../other/secret", "pkg/a/../../other/secret"):
            with pytest.raises(ValueError, match="Path escapes base directory"):
                backend.read_bytes(path)
        with pytest.raises(ValueError, match="Path escapes base directory"):
            storage._mounts["below"].read_bytes("../other/secret")
        assert backend.read_bytes("pkg/c/../a/b") == b"y"
        assert storage._mounts["below"].read_bytes("c/../a/b") == b"y"

    def test_urls_stand_below_the_base_url(self, folder):
        local = LocalStorage(folder, base_url="https://files.example.org/x/")
        assert local.url("a/b") == "https://files.example.org/x/a/b"
        assert LocalStorage(folder).url("a") is None
        assert local.internal_url("a", nocache=True) is None

    def test_its_description_of_itself(self, local):
        info = LocalStorage.get_json_info()
        assert info["backend"] == "local"
        (field,) = info["schema"]["fields"]
        assert set(field) == {"name", "type", "label", "required", "placeholder", "help"}
        assert (field["name"], field["type"], field["required"]) == ("path", "text", True)
        assert info["capabilities"]["symbolic_links"] is (sys.platform != "win32")
        assert info["description"]
        assert {**info["capabilities"], "symbolic_links": False} == vars(local.capabilities)


class TestBase64Backend:
    def test_the_path_is_the_content(self):
        backend = Base64Backend()
        path = backend.write_bytes("", b"\xff\xfe//data")
        assert path == base64.b64encode(b"\xff\xfe//data").decode()
        assert backend.read_bytes(path) == b"\xff\xfe//data"
        assert backend.write_bytes(path, b"\xff\xfe//data") == path  # also when it stays
        assert backend.get_hash(path) == hashlib.md5(b"\xff\xfe//data").hexdigest()
        assert backend.write_text(path, "new") == base64.b64encode(b"new").decode()
        assert (backend.exists(path), backend.is_file(path), backend.is_dir(path)) == (True, True, False)
        assert backend.size(path) == 8
        assert backend.exists("!") is False
        with pytest.raises(FileNotFoundError, match="Invalid base64"):
            backend.read_bytes("!")

    def test_what_it_cannot_do(self):
        backend = Base64Backend()
        with pytest.raises(PermissionError, match="read-only"):
            backend.delete("YQ==")
        with pytest.raises(PermissionError, match="read-only"):
            backend.mkdir("YQ==")
        with pytest.raises(ValueError, match="no directory structure"):
            backend.list_dir("YQ==")
        assert backend.url("YQ==") is None
        assert backend.resolved_path("YQ==") is None
        assert backend.get_versions("YQ==") == []

    def test_its_description_of_itself(self):
        info = Base64Backend.get_json_info()
        assert info["schema"] == {"fields": []}
        assert info["backend"] == "base64"
        assert info["capabilities"]["readonly"] is True
        assert info["capabilities"]["public_urls"] is True
        assert info["capabilities"] == vars(Base64Backend().capabilities)


class TestFsspecBackend:
    def test_it_shows_its_protocol_and_its_base(self):
        backend = FsspecBackend("memory", base_path="some/where/")
        assert (backend.protocol, backend.base_path) == ("memory", "some/where")
        assert repr(backend) == "FsspecBackend(protocol='memory', base_path='some/where')"
        assert repr(FsspecBackend("memory")) == "FsspecBackend(protocol='memory', base_path='')"

    def test_memory_is_the_memory_of_all_mounts(self, storage):
        base = uuid.uuid4().hex
        FsspecBackend("memory", base).write_bytes("a", b"x")
        storage.add_mount({"name": "same", "protocol": "memory", "base_path": base})
        assert storage.node("same:a").read_bytes() == b"x"

    def test_capabilities_by_protocol(self):
        assert FsspecBackend.get_capabilities("s3") >= {"metadata", "versioning", "presigned_urls"}
        assert "write" not in FsspecBackend.get_capabilities("http")
        info = FsspecBackend.get_json_info("memory")
        assert info["backend"] == "memory"
        assert info["capabilities"] == vars(FsspecBackend("memory").capabilities)
        with pytest.raises(ValueError, match="multiple protocols"):
            FsspecBackend.get_capabilities()
        with pytest.raises(ValueError, match="Unknown protocol"):
            FsspecBackend.get_capabilities("nonsense")

    def test_another_protocol_goes_to_fsspec(self, folder, storage):
        backend = FsspecBackend("file", str(folder) + "/")
        assert backend.base_path == str(folder)
        backend.write_bytes("deep/er/f", b"12")
        assert (folder / "deep/er/f").read_bytes() == b"12"
        assert backend.size("deep/er/f") == 2
        assert abs(backend.mtime("deep/er/f") - os.stat(folder / "deep/er/f").st_mtime) < 1e-3
        assert backend.capabilities.write
        with pytest.raises(ValueError):
            backend.read_bytes("../x")
        with pytest.raises(ValueError):
            backend.list_dir("deep/er/f")
        storage._mounts["other"] = backend
        assert storage.node("other:deep/er/f").read_bytes() == b"12"
        storage.node("other:deep").copy_to("mem:deep")
        assert storage.node("mem:deep/er/f").read_text() == "12"
        storage.node("other:deep").delete()
        assert not (folder / "deep").exists()

    def test_fsspec_is_asked_for_where_it_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "fsspec", None)
        with pytest.raises(ImportError, match="pip install fsspec"):
            FsspecBackend("ftp", "/", host="localhost")

    @pytest.mark.parametrize("server", ["MINIO", "VERSITYGW"])
    def test_s3_is_the_engines(self, server, storage):
        if f"GENRO_TEST_{server}" not in os.environ:
            pytest.skip(f"no {server}")

        def setting(name):
            return os.environ[f"GENRO_TEST_{server}_{name}"]

        base = f"{setting('BUCKET')}/objects-{uuid.uuid4().hex}"
        backend = FsspecBackend(
            "s3",
            base_path=base,
            key=setting("ACCESS_KEY"),
            secret=setting("SECRET_KEY"),
            client_kwargs={"endpoint_url": os.environ[f"GENRO_TEST_{server}"], "region_name": setting("REGION")},
        )
        try:
            backend.write_bytes("a/b", b"x")
            assert backend.read_bytes("a/b") == b"x"
            assert backend.list_dir("a") == ["b"]
            assert backend.capabilities.metadata
            storage._mounts["bucket"] = backend
            assert storage.node("bucket:a/b").read_bytes() == b"x"
            shown = storage._mounts["bucket"]
            assert (shown.protocol, shown.base_path) == ("s3", base)
            assert setting("SECRET_KEY") not in repr(shown)
        finally:
            backend.delete("", recursive=True)


class TestRelativeMountBackend:
    def test_it_shows_what_it_stands_on(self, local):
        backend = RelativeMountBackend(local, "sub/folder/", "readonly")
        assert backend.parent is local
        assert backend.relative_path == "sub/folder"
        assert backend.permissions == "readonly"
        assert RelativeMountBackend(local, "x").permissions == "delete"
        with pytest.raises(StorageConfigError, match="Invalid permissions"):
            RelativeMountBackend(local, "x", "all")

    def test_paths_stay_in_the_folder(self, local, folder):
        (folder / "secret").write_text("x")
        backend = RelativeMountBackend(local, "sub")
        for path in ("../secret", "a/../../secret"):
            for call in (backend.exists, backend.read_bytes, backend.list_dir, backend.delete, backend.resolved_path):
                with pytest.raises(ValueError, match="escapes"):
                    call(path)
        assert backend.exists("/secret") is False
        assert backend.resolved_path("a") == str(folder / "sub/a")

    def test_permissions_are_checked_before_anything_else(self, local):
        readonly = RelativeMountBackend(local, "", "readonly")
        for call in (
            lambda: readonly.write_bytes("none/x", b""),
            lambda: readonly.write_text("x", ""),
            lambda: readonly.mkdir("x", exist_ok=True),
            lambda: readonly.set_metadata("x", {}),
            lambda: readonly.local_path("x", "rw"),
            *(functools.partial(readonly.open, "x", mode) for mode in ("w", "wt", "ab", "x", "xb", "r+", "r+b", "+r")),
        ):
            with pytest.raises(StoragePermissionError, match="read-only"):
                call()
        for backend, level in ((readonly, "readonly"), (RelativeMountBackend(local, "", "readwrite"), "readwrite")):
            for call in (lambda b=backend: b.delete("none"), lambda b=backend: b.delete_version("x", "1")):
                with pytest.raises(StoragePermissionError, match=f"does not have delete permission.*{level}"):
                    call()

    def test_a_level_takes_from_the_capabilities_and_nothing_else(self, local):
        assert RelativeMountBackend(local, "x").capabilities == local.capabilities
        limited = RelativeMountBackend(local, "x", "readwrite").capabilities
        assert (limited.write, limited.delete, limited.mkdir) == (True, False, True)
        limited = RelativeMountBackend(local, "x", "readonly").capabilities
        assert (limited.write, limited.delete, limited.mkdir, limited.readonly) == (False, False, False, True)

    def test_copying_from_a_readonly_one_works_and_to_it_does_not(self, local):
        readonly = RelativeMountBackend(local, "", "readonly")
        local.write_bytes("a", b"x")
        assert readonly.copy("a", local, "b") is None
        assert local.read_bytes("b") == b"x"
        with pytest.raises(StoragePermissionError):
            local.copy("a", readonly, "c")

    def test_every_method_is_handed_on_with_the_folder_in_front(self):
        class Recorder:
            def __init__(self):
                self.calls = []

            def __getattr__(self, name):
                return lambda *args, **kwargs: self.calls.append((name, args, kwargs))

        parent = Recorder()
        backend = RelativeMountBackend(parent, "sub")
        backend.mkdir("a", True, exist_ok=True)
        backend.open_version("a", "1")
        backend.url("a", expires_in=5, method="PUT")
        backend.internal_url("a", nocache=True)
        backend.write_text("a", "x", encoding="latin-1")
        backend.delete("a", recursive=True)
        backend.get_hash("")
        assert parent.calls == [
            ("mkdir", ("sub/a",), {"parents": True, "exist_ok": True}),
            ("open_version", ("sub/a", "1", "rb"), {}),
            ("url", ("sub/a",), {"expires_in": 5, "method": "PUT"}),
            ("internal_url", ("sub/a",), {"nocache": True}),
            ("write_text", ("sub/a", "x", "latin-1"), {}),
            ("delete", ("sub/a", True), {}),
            ("get_hash", ("sub",), {}),
        ]

    def test_closing_it_leaves_the_parent_open(self, local):
        RelativeMountBackend(local, "").close()
        local.close()
        local.write_bytes("a", b"still")
        assert local.read_bytes("a") == b"still"


def test_versions_of_a_file(storage):
    shelf = Shelf(versioning=True, version_access=True, version_listing=True)
    shelf.files["a"] = b"now"
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    versions = [{"version_id": "1", "is_latest": True, "last_modified": moment, "size": 3, "etag": "x"}]
    shelf.get_versions = lambda path: versions
    shelf.open_version = lambda path, version_id, mode="rb": streams.BytesIO(b"old")
    deleted = []
    shelf.delete_version = lambda path, version_id: deleted.append((path, version_id))
    backend = RelativeMountBackend(shelf, "")
    assert backend.get_versions("a") == versions
    with backend.open_version("a", "1") as file:
        assert file.read() == b"old"
    backend.delete_version("a", "1")
    assert deleted == [("a", "1")]


def test_versions_that_are_not_supported_are_a_permission_error(local):
    local.write_bytes("a", b"")
    assert local.get_versions("a") == []
    with pytest.raises(PermissionError, match="does not support versioning"):
        local.open_version("a", "1")
    with pytest.raises(PermissionError, match="does not support version deletion"):
        local.delete_version("a", "1")
