"""Mounts: where they come from, what is refused, what they can do."""

import inspect
import json
import pickle
import warnings

import pytest

import genro_storage
from genro_storage import (
    StorageConfigError,
    StorageError,
    StorageManager,
    StorageNotFoundError,
    StoragePermissionError,
    _core,
    exceptions,
)
from genro_storage.capabilities import BackendCapabilities, capability


def test_a_manager_lists_its_mounts_in_order(storage):
    assert storage.get_mount_names() == ["home", "mem", "b64"]
    assert storage.has_mount("mem") is True
    assert storage.has_mount("nope") is False
    assert repr(storage) == "StorageManager(mounts=[home, mem, b64])"
    assert repr(StorageManager()) == "StorageManager(mounts=[none])"
    storage.add_mount({"name": "home", "protocol": "memory"})
    assert storage.get_mount_names() == ["home", "mem", "b64"]
    storage.delete_mount("home")
    assert storage.get_mount_names() == ["mem", "b64"]
    with pytest.raises(KeyError, match="Mount point 'home' not found"):
        storage.delete_mount("home")


def test_nodes_outlive_their_mount(storage):
    node = storage.node("mem:a")
    node.write_text("x")
    storage.delete_mount("mem")
    assert node.read_text() == "x"
    assert node.parent.fullpath == "mem:"
    with pytest.raises(StorageNotFoundError):
        storage.node("mem:a")


@pytest.mark.parametrize("source", [("a",), {}, None, 5])
def test_only_lists_and_file_names_are_sources(source):
    with pytest.raises(TypeError, match=type(source).__name__):
        StorageManager().configure(source)


@pytest.mark.parametrize(
    ("mount", "message"),
    [
        ({"protocol": "memory"}, "missing required field: 'name'"),
        ({"name": "x"}, "missing required field: 'protocol'"),
        ({"name": "x", "protocol": "floppy"}, "Unknown storage type 'floppy'"),
        ({"name": "x", "protocol": "local"}, "missing required field: 'base_path'"),
        ({"name": "x", "protocol": "memory", "permissions": "some"}, "Invalid permissions"),
        ({"name": "x", "path": "nope:a"}, "Parent mount 'nope' not found"),
        ({"name": "x", "protocol": "memory", "base_path": object()}, "type 'object'"),
    ],
)
def test_a_wrong_mount_is_a_configuration_error(mount, message):
    manager = StorageManager()
    with pytest.raises(StorageConfigError, match=message):
        manager.configure([{"name": "first", "protocol": "memory"}, mount])
    assert manager.get_mount_names() == []


@pytest.mark.parametrize("error", [StorageConfigError, TypeError])
def test_a_mount_must_be_a_dict(error):
    for mount in ("mem", 1, None, [("name", "x")]):
        with pytest.raises(error, match="must be a dict"):
            StorageManager().configure([mount])
        with pytest.raises(error, match="must be a dict"):
            StorageManager().add_mount(mount)


def test_an_unknown_key_is_a_warning_or_with_strict_an_error():
    mount = {"name": "x", "protocol": "memory", "base_paht": "a"}
    with pytest.warns(UserWarning, match=r"base_paht.*base_path") as caught:
        StorageManager().configure([mount])
    assert caught[0].filename == __file__
    with pytest.raises(StorageConfigError, match="base_paht"):
        StorageManager().configure([mount], strict=True)


def test_where_warnings_are_errors_nothing_is_configured():
    manager = StorageManager()
    with pytest.raises(UserWarning):
        manager.add_mount({"name": "x", "protocol": "memory", "nonsense": 1})
    assert manager.get_mount_names() == []


@pytest.mark.parametrize("suffix", ["json", "yaml", "yml"])
def test_configuration_files(tmp_path, suffix):
    path = tmp_path / f"mounts.{suffix}"
    path.write_text(
        json.dumps(
            [{"name": "home", "protocol": "local", "base_path": str(tmp_path)}, {"name": "mem", "protocol": "memory"}]
        )
    )
    manager = StorageManager()
    manager.configure(str(path))
    assert manager.get_mount_names() == ["home", "mem"]
    assert manager.node("home:", path.name).is_file()


def test_configuration_files_that_do_not_serve(tmp_path):
    manager = StorageManager()
    with pytest.raises(FileNotFoundError, match=r"none.yaml"):
        manager.configure(str(tmp_path / "none.yaml"))
    for name, text, message in (
        ("a.ini", "", "Unsupported configuration file format"),
        ("a.yaml", "a: [", "Failed to parse YAML file"),
        ("a.json", "[", "Failed to parse JSON file"),
        ("b.yaml", "mounts: []", "must be a list"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(StorageConfigError, match=message):
            manager.configure(str(tmp_path / name))


def test_local_bases_are_checked_at_once(tmp_path):
    manager = StorageManager()
    (tmp_path / "file").write_text("x")
    for base, kind, message in (
        ("relative", ValueError, "must be absolute"),
        (tmp_path / "none", FileNotFoundError, "Base path does not exist"),
        (tmp_path / "file", ValueError, "must be a directory"),
    ):
        with pytest.raises(kind, match=message):
            manager.add_mount({"name": "x", "protocol": "local", "base_path": base})


async def test_permission_levels_refuse_before_they_look(storage, io):
    await io(storage.node("mem:a").write_text("x"))
    storage.configure(
        [
            {"name": "ro", "path": "mem:", "permissions": "readonly"},
            {"name": "rw", "path": "mem:", "permissions": "readwrite"},
        ]
    )
    node = storage.node("ro:a")
    assert await io(node.read_text()) == "x"
    with pytest.raises(StoragePermissionError, match="read-only"):
        await io(node.write_text("y"))
    with pytest.raises(StoragePermissionError):
        await io(storage.node("ro:none").delete())
    with pytest.raises(StoragePermissionError, match="read-only"):
        await io(storage.node("ro:d").mkdir(exist_ok=True))
    assert await io(node.write_text("x", skip_if_unchanged=True)) is False
    assert await io(storage.node("rw:a").write_text("y")) is True
    with pytest.raises(PermissionError, match="delete"):
        await io(storage.node("rw:a").delete())
    assert storage.node("ro:").capabilities.readonly is True


async def test_a_callable_base_is_asked_for_every_operation(storage, io, tmp_path):
    asked = []
    folders = iter(["one", "two", "one"])

    def base():
        asked.append(1)
        return tmp_path / next(folders)

    storage.add_mount({"name": "dyn", "protocol": "local", "base_path": base})
    assert asked == []
    node = storage.node("dyn:f")
    await io(node.write_text("first"))
    assert await io(node.exists()) is False
    assert await io(node.read_text()) == "first"
    assert len(asked) == 3


async def test_a_callable_base_with_a_parameter_switches_by_the_first_component(storage, io, tmp_path):
    def base(prefix="?"):
        return tmp_path / "tenants" / prefix.upper()

    storage.add_mount({"name": "sw", "protocol": "local", "base_path": base})
    await io(storage.node("sw:acme/a/b.txt").write_text("x"))
    assert (tmp_path / "tenants/ACME/a/b.txt").read_text() == "x"
    assert [child.fullpath for child in await io(storage.node("sw:acme").children())] == ["sw:acme/a"]


async def test_what_a_callable_base_raises_comes_out_unchanged(storage, io):
    reason = LookupError("no tenant")

    def base():
        raise reason

    storage.add_mount({"name": "bad", "protocol": "local", "base_path": base})
    with pytest.raises(LookupError) as caught:
        await io(storage.node("bad:f").read_bytes())
    assert caught.value is reason
    storage.add_mount({"name": "none", "protocol": "local", "base_path": lambda: None})
    with pytest.raises(TypeError):
        await io(storage.node("none:f").read_bytes())


async def test_nothing_leaves_a_local_mount(storage, io, tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "home/link").symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match="Path escapes base directory"):
        await io(storage.node("home:link").read_bytes())
    assert storage.node("home:new/file").resolved_path == str(tmp_path / "home/new/file")
    assert storage.node("mem:x").resolved_path is None


def test_managers_close_and_serve_as_context_managers(storage):
    with storage as same:
        assert same is storage
    storage.close()
    assert storage.node("mem:x").exists() is False


def test_a_manager_takes_no_arguments():
    for arguments in ((5,), ([],)):
        with pytest.raises(TypeError):
            StorageManager(*arguments)


def test_capabilities_are_values(storage):
    local = storage.node("home:").capabilities
    assert isinstance(local, BackendCapabilities)
    assert local == storage.node("home:x").capabilities
    assert local != storage.node("mem:").capabilities
    assert len({local, storage.node("home:x").capabilities}) == 1
    assert str(BackendCapabilities()) == "basic file operations"
    assert str(BackendCapabilities(versioning=True, presigned_urls=True)) == "versioning, presigned URLs"
    assert repr(local).startswith("BackendCapabilities(read=True, write=True")
    with pytest.raises(AttributeError):
        local.read = False
    assert storage.node("mem:").capabilities.temporary
    assert storage.node("b64:").capabilities.readonly

    @capability("metadata")
    def method():
        return 5

    assert method() == 5


def test_the_package_shows_its_names():
    assert set(genro_storage.__all__) == {
        "StorageConfig",
        "__version__",
        "StorageManager",
        "StorageNode",
        "SkipStrategy",
        "StorageError",
        "StorageNotFoundError",
        "StoragePermissionError",
        "StorageConfigError",
        "Diagnosis",
        "Finding",
    }
    for name in genro_storage.__all__:
        assert getattr(genro_storage, name)


def test_every_kind_of_failure_has_its_class():
    classes = _core._error_classes()
    assert len(classes) >= 29
    for code, name in classes.items():
        assert issubclass(getattr(exceptions, name), StorageError), code


def all_exceptions():
    return [value for _, value in inspect.getmembers(exceptions, inspect.isclass) if issubclass(value, StorageError)]


@pytest.mark.parametrize("kind", all_exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_is_picklable_and_a_builtin(kind):
    error = kind("what happened")
    error.code, error.where, error.attempts = "some_code", "mem:a", 3
    if isinstance(error, OSError):
        error.errno = 2
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (str(copy), copy.args, copy.code, copy.where, copy.attempts) == (
        "what happened",
        ("what happened",),
        "some_code",
        "mem:a",
        3,
    )
    assert getattr(copy, "errno", None) == getattr(error, "errno", None)
    if kind not in (StorageError, exceptions.StorageCancelledError):
        builtins = [
            base
            for base in kind.__mro__
            if base.__module__ == "builtins" and base not in (Exception, BaseException, object)
        ]
        assert builtins


def test_failures_of_the_system_carry_their_errno(storage):
    with pytest.raises(FileNotFoundError) as caught:
        storage.node("home:none").read_bytes()
    assert caught.value.errno == 2
    assert caught.value.attempts == 1
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.code, again.where, again.errno) == ("not_found", "home:none", 2)


def test_the_source_must_be_a_list_or_a_file_name(tmp_path):
    for source in (tmp_path, b"mounts.yaml", iter([])):
        with pytest.raises(TypeError, match="source must be.*" + type(source).__name__):
            StorageManager().configure(source)


def test_the_older_key_type_is_taken_with_a_warning():
    manager = StorageManager()
    with pytest.warns(DeprecationWarning, match=r"'x'.*'type' field is deprecated.*'protocol'") as caught:
        manager.configure([{"name": "x", "type": "memory"}])
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="'type' field is deprecated") as caught:
        manager.add_mount({"name": "y", "type": "memory", "protocol": None})
    assert caught[0].filename == __file__
    manager.add_mount({"name": "z", "type": "nonsense", "protocol": "memory"})  # protocol wins, without a word
    for mount in ({"name": "q"}, {"name": "q", "protocol": ""}, {"name": "q", "type": ""}):
        with (
            warnings.catch_warnings(action="ignore"),
            pytest.raises(StorageConfigError, match=r"'q'.*missing required field: 'protocol'"),
        ):
            manager.add_mount(mount)
    assert manager.get_mount_names() == ["x", "y", "z"]


def test_keys_are_checked_in_their_order(storage):
    for mount, message in (
        ({"protocol": "floppy", "path": "nope:x"}, "missing required field: 'name'"),
        ({"name": "x", "path": "nope:x", "permissions": "z"}, "Parent mount 'nope' not found"),
        ({"name": "x", "protocol": "floppy", "permissions": "z"}, "Unknown storage type 'floppy'"),
        ({"name": "x", "protocol": "Memory"}, "Unknown storage type 'Memory'"),
        ({"name": "x", "protocol": "file"}, "Unknown storage type 'file'.*local.*s3.*memory.*base64"),
        ({"name": "x", "protocol": "local", "permissions": "z"}, "'x'.*missing required field: 'base_path'"),
        ({"name": "x", "protocol": "local", "base_path": "", "path": ""}, "missing required field: 'base_path'"),
        ({"name": "x", "protocol": "s3", "bucket": None}, "'x'.*missing required field: 'bucket'"),
        ({"name": "", "protocol": "memory"}, "'name'"),
        ({"name": 5, "protocol": "memory"}, "'name'"),
        ({"name": "a:b", "protocol": "memory"}, "'name'"),
    ):
        with pytest.raises(StorageConfigError, match=message):
            storage.add_mount(mount)


def test_the_first_name_of_a_key_wins_when_it_says_something(storage, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    storage.add_mount({"name": "x", "protocol": "local", "base_path": tmp_path / "one", "path": str(tmp_path / "two")})
    assert storage.node("x:").resolved_path == str(tmp_path / "one")
    storage.add_mount({"name": "x", "protocol": "local", "base_path": "", "path": tmp_path / "two"})
    assert storage.node("x:").resolved_path == str(tmp_path / "two")


def test_configuring_an_object_store_needs_no_network():
    mount = {"name": "x", "protocol": "s3", "bucket": "b", "endpoint_url": "http://localhost:1", "anon": True}
    StorageManager().add_mount(mount)


def test_configuration_files_are_utf8_and_lie_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "café").mkdir()
    text = f"- name: café\n  protocol: local\n  base_path: {tmp_path}/café\n- {{name: up, path: 'café:$HOME/~'}}\n"
    (tmp_path / "mounts.YAML").write_bytes(b"\xef\xbb\xbf" + text.encode())
    manager = StorageManager()
    manager.configure("mounts.YAML")
    assert manager.get_mount_names() == ["café", "up"]
    manager.node("up:f").write_text("x")  # nothing is expanded
    assert (tmp_path / "café/$HOME/~/f").read_text() == "x"


@pytest.mark.parametrize("yes", ["true", "True", "yes", "Yes", "YES", "on", "On", "ON"])
@pytest.mark.parametrize("no", ["false", "False", "no", "No", "NO", "off", "Off", "OFF"])
def test_truth_in_a_yaml_file_is_written_as_in_yaml_1_1(tmp_path, yes, no):
    (tmp_path / "m.yaml").write_text(
        f"- {{name: m, protocol: memory, default_encrypted: {yes}}}\n"
        f"- {{name: s, protocol: s3, bucket: b, anon: {yes}, version_aware: {no}}}\n"
        f"- {{name: n, protocol: memory, default_encrypted: '{no}'}}\n"
    )
    manager = StorageManager()
    if no != no.lower():
        with pytest.raises(StorageConfigError, match="Invalid encryption domain"):
            manager.configure(str(tmp_path / "m.yaml"))
        return
    manager.configure(str(tmp_path / "m.yaml"))
    assert manager.mount_default_encrypted("m") is True
    assert manager.mount_default_encrypted("n") == no  # quoted, it is a word
    assert manager.node("s:x").capabilities.versioning is False


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "", "must be a list"),
        ("a.json", "{}", "must be a list"),
        ("a.yaml", "- name", "must be a mapping"),
        ("a", "[]", "Unsupported configuration file format"),
        ("a.toml", "[]", "Unsupported configuration file format"),
        ("a.yml", "- !!python/object/apply:os.system [ls]", "a.yml"),
    ],
)
def test_what_a_configuration_file_holds_is_checked(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(StorageConfigError, match=message):
        StorageManager().configure(str(tmp_path / name))


def test_a_folder_is_no_configuration_file(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(StorageConfigError, match="not a configuration file"):
        StorageManager().configure(str(tmp_path / "folder.yaml"))


def test_a_failed_reconfiguration_leaves_what_was(storage):
    storage.node("mem:f").write_text("x")
    with pytest.raises(StorageConfigError):
        storage.configure([{"name": "mem", "protocol": "memory", "base_path": "other"}, {"name": "bad"}])
    assert storage.node("mem:f").read_text() == "x"


@pytest.mark.loop_only
async def test_configuring_is_direct_inside_a_loop(tmp_path):
    manager = StorageManager()
    assert manager.configure([{"name": "x", "protocol": "memory"}]) is None
    assert manager.add_mount({"name": "y", "protocol": "memory"}) is None
    assert manager.has_mount("y") is True
    assert manager.delete_mount("y") is None
    assert manager.get_mount_names() == ["x"]
