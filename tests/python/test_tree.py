"""Folders, copying and moving."""

import asyncio
import contextvars

import pytest

from genro_storage import SkipStrategy, StorageNode


def names(nodes):
    return [node.basename for node in nodes]


async def make_tree(storage, io, root, files=("a.txt", "b.py", "sub/c.txt", "sub/deep/d.py")):
    for name in files:
        await io(storage.node(root, name).write_text(f"content of {name}"))


async def contents(io, root):
    found = {}
    for child in await io(root.children()):
        if await io(child.is_dir()):
            found |= {f"{child.basename}/{name}": text for name, text in (await contents(io, child)).items()}
        else:
            found[child.basename] = await io(child.read_text())
    return found


async def test_children_are_nodes_sorted_by_name(storage, mount, io):
    await make_tree(storage, io, mount, ["t/b", "t/a", "t/.hidden", "t/sub/x"])
    children = await io(storage.node(mount, "t").children())
    assert names(children) == [".hidden", "a", "b", "sub"]
    assert all(type(child) is StorageNode for child in children)
    assert children[1].fullpath == f"{mount}:t/a"


async def test_children_of_what_is_no_folder(storage, mount, io):
    await io(storage.node(mount, "file").write_text("x"))
    with pytest.raises(FileNotFoundError):
        await io(storage.node(mount, "missing").children())
    with pytest.raises(ValueError):
        await io(storage.node(mount, "file").children())
    with pytest.raises(ValueError, match="no directory structure"):
        await io(storage.node("b64:eA==").children())


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_mkdir_follows_its_two_options(storage, io, mount):
    folder = storage.node(mount, "d")
    assert await io(folder.mkdir()) is None
    assert await io(folder.is_dir()) is True
    with pytest.raises(FileExistsError):
        await io(folder.mkdir())
    await io(folder.mkdir(exist_ok=True))
    with pytest.raises(FileNotFoundError):
        await io(storage.node(mount, "x/y").mkdir(exist_ok=True))
    await io(storage.node(mount, "x/y").mkdir(True))
    with pytest.raises(FileExistsError):
        await io(storage.node(mount, "x/y").mkdir(parents=True))
    await io(storage.node(mount, "file").write_text("x"))
    with pytest.raises(FileExistsError):
        await io(storage.node(mount, "file").mkdir(exist_ok=True))


@pytest.mark.parametrize("mount", ["minio", "versitygw"], indirect=True)
async def test_where_keys_imply_folders_mkdir_keeps_its_rules_and_leaves_nothing(storage, mount, io):
    for options in ({}, {"exist_ok": True}, {"parents": True}):
        assert await io(storage.node(mount, "top").mkdir(**options)) is None
    assert await io(storage.node(mount).children()) == []
    for options in ({}, {"exist_ok": True}):
        with pytest.raises(FileNotFoundError, match="Parent directory does not exist"):
            await io(storage.node(mount, "x/y").mkdir(**options))
    assert await io(storage.node(mount, "x/y").mkdir(parents=True)) is None
    await io(storage.node(mount, "d/f").write_text("x"))
    assert await io(storage.node(mount, "d/new").mkdir()) is None
    assert await io(storage.node(mount, "d").mkdir(exist_ok=True)) is None
    for name, options in (("d", {}), ("d", {"parents": True}), ("d/f", {}), ("d/f", {"exist_ok": True})):
        with pytest.raises(FileExistsError):
            await io(storage.node(mount, name).mkdir(**options))
    with pytest.raises(NotADirectoryError):
        await io(storage.node(mount, "d/f/x").mkdir())
    assert [child.path for child in await io(storage.node(mount, "d").children())] == ["d/f"]


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_a_new_folder_is_empty(storage, mount, io):
    await io(storage.node(mount, "d").mkdir())
    assert await io(storage.node(mount, "d").children()) == []


async def test_children_are_of_one_level_and_once_each(storage, mount, io):
    await make_tree(storage, io, mount, ["t/a/1", "t/a/2", "t/a/b/3", "t/ab", "t/a.txt", "t-beside/x"])
    assert names(await io(storage.node(mount, "t").children())) == ["a", "a.txt", "ab"]
    assert names(await io(storage.node(mount, "t/a").children())) == ["1", "2", "b"]


async def test_delete_takes_files_folders_and_nothing(storage, mount, io):
    await make_tree(storage, io, mount)
    await io(storage.node(mount, "a.txt").delete())
    await io(storage.node(mount, "sub").delete())
    assert await io(storage.node(mount, "missing").delete()) is None
    assert names(await io(storage.node(mount).children())) == ["b.py"]


async def test_names_are_literal(storage, mount, io):
    await make_tree(storage, io, mount, ["g/a*", "g/ab", "g/a?", "g/[a]"])
    await io(storage.node(mount, "g/a*").delete())
    await io(storage.node(mount, "g/[a]").delete())
    assert names(await io(storage.node(mount, "g").children())) == ["a?", "ab"]


@pytest.mark.parametrize("target", ["mem", "home"])
async def test_copy_of_a_file_gives_the_destination(storage, mount, target, io):
    source = storage.node(mount, "from/a.txt")
    await io(source.write_text("data"))
    dest = storage.node(target, "to/b.txt")
    assert await io(source.copy_to(dest)) is dest
    assert await io(dest.read_text()) == "data"
    again = await io(source.copy_to(f"{target}:to/c.txt"))
    assert (type(again), again.fullpath) == (StorageNode, f"{target}:to/c.txt")
    assert await io(again.read_text()) == "data"
    assert await io(source.exists()) is True


@pytest.mark.parametrize("target", ["mem", "home"])
async def test_copy_of_a_folder_merges(storage, mount, target, io):
    await make_tree(storage, io, f"{mount}:src")
    await make_tree(storage, io, f"{target}:dst", ["a.txt", "own.txt"])
    await io(storage.node(target, "dst/a.txt").write_text("older"))
    await io(storage.node(mount, "src").copy_to(storage.node(target, "dst")))
    assert await contents(io, storage.node(target, "dst")) == {
        name: f"content of {name}" for name in ("a.txt", "b.py", "sub/c.txt", "sub/deep/d.py", "own.txt")
    }


async def test_base64_takes_and_gives_copies(storage, mount, io):
    source = storage.node(mount, "a.txt")
    await io(source.write_text("hello"))
    dest = storage.node("b64:")
    assert await io(source.copy_to(dest)) is dest
    assert dest.path == "aGVsbG8="
    back = await io(dest.copy_to(f"{mount}:back.txt"))
    assert await io(back.read_text()) == "hello"


async def test_filters_select_by_the_whole_relative_path(storage, io):
    await make_tree(storage, io, "mem:src")
    skipped = []
    await io(
        storage.node("mem:src").copy_to(
            "home:dst",
            include=["*.py", "*.txt"],
            exclude="sub/deep/*",
            filter=lambda node, path: path != "a.txt",
            on_skip=lambda node, reason: skipped.append((node.fullpath, reason)),
        )
    )
    assert set(await contents(io, storage.node("home:dst"))) == {"b.py", "sub/c.txt"}
    assert sorted(skipped) == [
        ("mem:src/a.txt", "filtered by custom function"),
        ("mem:src/sub/deep/d.py", "matching exclude pattern 'sub/deep/*'"),
    ]


async def test_progress_counts_files(storage, io):
    await make_tree(storage, io, "mem:src")
    steps, files = [], []
    await io(
        storage.node("mem:src").copy_to(
            "home:dst",
            progress=lambda done, total: steps.append((done, total)),
            on_file=lambda node: files.append(node.fullpath),
        )
    )
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(files) == ["mem:src/a.txt", "mem:src/b.py", "mem:src/sub/c.txt", "mem:src/sub/deep/d.py"]


@pytest.mark.parametrize("skip", ["exists", SkipStrategy.SIZE, "hash"])
async def test_skip_strategies_leave_the_same_out(storage, io, skip):
    await make_tree(storage, io, "mem:src")
    await io(storage.node("mem:src").copy_to("home:dst"))
    reasons = []
    await io(
        storage.node("mem:src").copy_to("home:dst", skip=skip, on_skip=lambda node, reason: reasons.append(reason))
    )
    assert len(reasons) == 4
    expected = {"exists": "destination exists", "size": "same size", "hash": "same content"}[
        getattr(skip, "value", skip)
    ]
    assert all(reason.startswith(expected) for reason in reasons)


async def test_custom_skip_sees_both_nodes(storage, io):
    await make_tree(storage, io, "mem:src")
    await make_tree(storage, io, "home:dst", ["a.txt"])
    seen = []

    def skip(source, dest):
        seen.append((source.fullpath, dest.fullpath, dest.read_text()))  # methods work inside a callback
        return True

    await io(storage.node("mem:src").copy_to("home:dst", skip="custom", skip_fn=skip))
    assert seen == [("mem:src/a.txt", "home:dst/a.txt", "content of a.txt")]
    with pytest.raises(ValueError, match="skip='custom' requires skip_fn"):
        await io(storage.node("mem:src").copy_to("home:dst", skip="custom"))
    with pytest.raises(ValueError, match="unknown skip strategy 'newer'"):
        await io(storage.node("mem:src").copy_to("home:dst", skip="newer"))
    with pytest.raises(TypeError, match="not callable"):
        await io(storage.node("mem:src").copy_to("home:dst", progress=5))


class StopCopy(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("callback", ["progress", "on_file", "on_skip"])
async def test_what_a_callback_raises_comes_out_unchanged(storage, io, callback):
    await make_tree(storage, io, "mem:src")
    reason = StopCopy("enough")

    def stop(*_):
        raise reason

    with pytest.raises(StopCopy) as caught:
        skipping = {"exclude": "a.txt"} if callback == "on_skip" else {}
        await io(storage.node("mem:src").copy_to("home:dst", **{callback: stop}, **skipping))
    assert caught.value is reason


async def test_a_filter_that_raises_leaves_the_file_out(storage, io):
    await make_tree(storage, io, "mem:src", ["a", "b"])
    reasons = []

    def fussy(node, path):
        if path == "a":
            raise ValueError("no a, please")
        return True

    await io(
        storage.node("mem:src").copy_to("home:dst", filter=fussy, on_skip=lambda node, reason: reasons.append(reason))
    )
    assert reasons == ["filter error: no a, please"]
    assert set(await contents(io, storage.node("home:dst"))) == {"b"}


async def test_copy_of_nothing(storage, io):
    with pytest.raises(FileNotFoundError, match=r"Source not found.*mem:none"):
        await io(storage.node("mem:none").copy_to("home:x"))
    with pytest.raises(FileNotFoundError, match="Mount point 'nope' not found"):
        await io(storage.node("mem:none").copy_to("nope:x"))


@pytest.mark.parametrize("target", ["mem", "home"])
async def test_move_makes_the_node_stand_for_the_destination(storage, mount, target, io):
    node = storage.node(mount, "a.txt")
    await io(node.write_text("data"))
    assert await io(node.move_to(f"{target}:moved/b.txt")) is node
    assert node.fullpath == f"{target}:moved/b.txt"
    assert await io(node.read_text()) == "data"
    assert await io(storage.node(mount, "a.txt").exists()) is False
    assert await io(node.move_to(node)) is node
    assert await io(node.read_text()) == "data"
    with pytest.raises(FileNotFoundError):
        await io(storage.node(mount, "a.txt").move_to("mem:x"))


async def test_move_of_a_folder_takes_everything(storage, mount, io):
    await make_tree(storage, io, f"{mount}:src")
    node = storage.node(mount, "src")
    await io(node.move_to(storage.node("mem:dst")))
    assert set(await contents(io, storage.node("mem:dst"))) == {"a.txt", "b.py", "sub/c.txt", "sub/deep/d.py"}
    assert await io(storage.node(mount, "src").exists()) is False


class Labelled(StorageNode):
    def __init__(self, manager, mount_name, path, label):
        super().__init__(manager, mount_name, path)
        self.label = label

    def _create_node(self, manager, mount_name, path):
        return Labelled(manager, mount_name, path, self.label + "'")


async def test_subclasses_make_their_relatives_through_the_hook(storage, io):
    await make_tree(storage, io, "mem:src")
    node = Labelled(storage, "mem", "src", "x")
    children = await io(node.children())
    assert {(type(child), child.label) for child in children} == {(Labelled, "x'")}
    assert (node.child("a.txt").label, node.parent.label, node.parent.parent.label) == ("x'", "x'", "x''")
    assert repr(node.child("a.txt")) == "StorageNode('mem:src/a.txt')"
    seen = []
    copied = await io(node.copy_to("home:dst", on_file=seen.append))
    assert type(copied) is StorageNode
    assert {type(one) for one in seen} == {Labelled}


class Plain(StorageNode):
    pass


def test_a_subclass_without_a_hook_gives_its_own_class(storage):
    node = Plain(storage, "mem", "a/b")
    assert type(node.parent) is Plain
    assert type(node.child("c")) is Plain
    node.extra = 1


@pytest.mark.loop_only
async def test_a_copy_does_not_hold_up_the_loop(storage):
    for i in range(50):
        await storage.node("home:src", str(i)).write_bytes(bytes(100_000))
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticker = asyncio.create_task(tick())
    for copied in range(100):  # one may be over before this thread has its turn
        await storage.node("home:src").copy_to(f"home:dst{copied}")
        if ticks > copied + 1:
            break
    ticker.cancel()
    assert ticks > copied + 1
    assert len(await storage.node("home:dst0").children()) == 50


async def test_callbacks_see_the_context_variables_of_the_call(storage, io):
    user = contextvars.ContextVar("user")
    user.set("anna")
    await make_tree(storage, io, "mem:src")
    seen = []
    await io(storage.node("mem:src").copy_to("home:dst", on_file=lambda node: seen.append(user.get())))
    assert seen == ["anna"] * 4


async def test_listing_leaves_the_garbage_collector_as_it_was(storage, mount, io):
    import gc

    await make_tree(storage, io, mount, ["t/a", "t/b"])
    assert gc.isenabled()
    await io(storage.node(mount, "t").children())
    assert gc.isenabled()
    gc.disable()
    try:
        await io(storage.node(mount, "t").children())
        assert not gc.isenabled()
    finally:
        gc.enable()


async def test_a_child_outlives_the_listing_that_it_came_from(storage, mount, io):
    await make_tree(storage, io, mount, [f"t/{i:03}" for i in range(200)])
    child = (await io(storage.node(mount, "t").children()))[130]
    assert child.path == "t/130"
    assert await io(child.read_text()) == "content of t/130"
    assert child.parent.path == "t"
