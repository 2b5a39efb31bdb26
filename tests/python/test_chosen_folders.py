"""Local mounts whose folder a function chooses, for each operation anew."""

import contextvars
import functools
import os

import pytest

from genro_storage import StoragePermissionError


def test_configuring_never_calls_the_function(storage):
    def base():
        raise AssertionError("called")

    storage.add_mount({"name": "x", "protocol": "local", "base_path": base})
    assert storage.node("x:a").child("b").parent.fullpath == "x:a"


async def test_one_node_goes_where_the_function_points_now(storage, io, tmp_path):
    here = [tmp_path / "one"]
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: here[0]})
    node = storage.node("x:sub/f")
    assert await io(node.exists()) is False
    await io(node.write_text("1"))  # makes the folder
    here[0] = str(tmp_path / "two")
    assert await io(node.exists()) is False
    await io(node.write_text("2"))
    assert (tmp_path / "one/sub/f").read_text() + (tmp_path / "two/sub/f").read_text() == "12"
    assert node.resolved_path == str(tmp_path / "two/sub/f")


class Tenants:
    def __init__(self, root):
        self.root = root

    def with_prefix(self, prefix):
        return self.root / prefix

    def without(self):
        return self.root / "fixed"


async def test_a_function_with_a_parameter_is_asked_with_the_first_component(storage, io, tmp_path):
    def many(*names):
        return tmp_path / "many" / names[0]

    tenants = Tenants(tmp_path / "t")
    cases = {
        "bound": (tenants.with_prefix, "t/acme/f"),
        "bound-without": (tenants.without, "t/fixed/acme/f"),
        "stars": (many, "many/acme/f"),
        "default": (lambda name="none": tmp_path / "d" / name, "d/acme/f"),
        "partial": (functools.partial(lambda a, b: tmp_path / a / b, "p"), "p/acme/f"),
        "partial-full": (functools.partial(lambda a: tmp_path / a, "full"), "full/acme/f"),
    }
    for name, (function, written) in cases.items():
        storage.add_mount({"name": name, "protocol": "local", "base_path": function})
        await io(storage.node(f"{name}:acme/f").write_text(name))
        assert (tmp_path / written).read_text() == name


async def test_switched_mounts_work_like_others(storage, io, tmp_path):
    asked = []

    def base(prefix):
        asked.append(prefix)
        return tmp_path / f"area-{prefix}"

    storage.add_mount({"name": "sw", "protocol": "local", "base_path": base})
    storage.add_mount({"name": "ro", "path": "sw:a", "permissions": "readonly"})
    await io(storage.node("sw:a/x/f").write_text("text"))
    assert [node.fullpath for node in await io(storage.node("sw:a").children())] == ["sw:a/x"]
    assert await io(storage.node("sw:a").is_dir()) is True
    await io(storage.node("sw:a").copy_to("sw:b"))
    assert (tmp_path / "area-b/x/f").read_text() == "text"
    await io(storage.node("sw:b/x").move_to("sw:c/y"))
    assert (tmp_path / "area-c/y/f").read_text() == "text"
    assert await io(storage.node("ro:x/f").read_text()) == "text"
    with pytest.raises(StoragePermissionError):
        await io(storage.node("ro:x/f").write_text("no"))
    await io(storage.node("sw:a/x").delete())
    assert os.listdir(tmp_path / "area-a") == []
    assert set(asked) <= {"a", "b", "c"}
    await io(storage.node("sw:").exists())
    assert asked[-1] == ""


async def test_the_first_component_alone_is_the_folder_that_was_chosen(storage, io, tmp_path):
    storage.add_mount({"name": "sw", "protocol": "local", "base_path": lambda prefix: tmp_path / f"for-{prefix}"})
    for name, options in (("a", {}), ("b", {"parents": True}), ("c", {"exist_ok": True})):
        node = storage.node("sw", name)
        assert await io(node.exists()) is False
        assert await io(node.mkdir(**options)) is None
        assert await io(node.is_dir()) is True
        assert await io(node.children()) == []
        assert os.listdir(tmp_path / f"for-{name}") == []
        with pytest.raises(FileExistsError):
            await io(node.mkdir())
    assert storage.node("sw:a").resolved_path == str(tmp_path / "for-a")
    with pytest.raises(IsADirectoryError):
        await io(storage.node("sw:a").write_text("x"))


async def test_a_chosen_folder_is_deleted_and_moved_like_any_other(storage, io, tmp_path):
    storage.add_mount({"name": "tenants", "protocol": "local", "base_path": lambda name: tmp_path / f"of-{name}"})
    tenant = storage.node("tenants:acme")
    for path in ("f", "d/e/g"):
        await io(tenant.child(path).write_text(path))
    await io(tenant.copy_to("tenants:copy"))
    await io(tenant.delete())
    assert not (tmp_path / "of-acme").exists()
    assert await io(tenant.exists()) is False
    for path in ("acme", "acme/f", "none/d/f"):
        await io(storage.node("tenants", path).delete())  # what is missing is no error
    await io(storage.node("tenants:copy").move_to("tenants:moved"))
    assert not (tmp_path / "of-copy").exists()
    assert await io(storage.node("tenants:moved/d/e/g").read_text()) == "d/e/g"
    await io(storage.node("tenants:moved").move_to("home:moved"))
    assert not (tmp_path / "of-moved").exists()
    assert await io(storage.node("home:moved/f").read_text()) == "f"


async def test_a_relative_answer_is_below_the_working_directory_and_links_are_resolved(
    storage, io, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    answers = {"rel/deep": "rel/deep", "link": "real", tmp_path / "link": "real"}
    here = []
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: here[-1]})
    for answer, folder in answers.items():
        here.append(answer)
        await io(storage.node("x:f").write_text(folder))
        assert (tmp_path / folder / "f").read_text() == folder
        assert storage.node("x:f").resolved_path == str(tmp_path / folder / "f")


async def test_each_function_serves_its_own_mount(storage, io, tmp_path):
    asked = []

    def base(name, *prefix):
        asked.append((name, *prefix))
        return tmp_path / name

    storage.add_mount({"name": "one", "protocol": "local", "base_path": lambda: base("one")})
    storage.add_mount({"name": "two", "protocol": "local", "base_path": lambda prefix: base("two", prefix)})
    await io(storage.node("one:p/f").write_text("1"))
    await io(storage.node("two:p/f").write_text("2"))
    assert (tmp_path / "one/p/f").read_text() + (tmp_path / "two/f").read_text() == "12"
    assert set(asked) == {("one",), ("two", "p")}


async def test_nothing_leaves_the_folder_that_was_chosen(storage, io, tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "secret")
    storage.add_mount({"name": "sw", "protocol": "local", "base_path": lambda prefix: tmp_path / prefix})
    storage.add_mount({"name": "up", "protocol": "local", "base_path": lambda: tmp_path / "in"})
    for address in ("sw:in/link", "up:link"):
        with pytest.raises(ValueError, match="Path escapes base directory"):
            await io(storage.node(address).read_text())
        assert await io(storage.node(address).exists()) is False
    with pytest.raises(ValueError):
        await io(storage.node("sw:").child("..", "x").read_text())


async def test_the_function_sees_the_context_variables_of_the_call(storage, io, tmp_path):
    tenant = contextvars.ContextVar("tenant")
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: tmp_path / tenant.get()})
    for name in ("one", "two"):
        tenant.set(name)
        await io(storage.node("x:f").write_text(name))
    assert (tmp_path / "one/f").read_text() + (tmp_path / "two/f").read_text() == "onetwo"


@pytest.mark.parametrize(("answer", "error"), [(None, TypeError), (5, TypeError), ("", ValueError)])
async def test_an_answer_that_is_no_path_is_an_error(storage, io, answer, error):
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: answer})
    with pytest.raises(error):
        await io(storage.node("x:f").read_bytes())
