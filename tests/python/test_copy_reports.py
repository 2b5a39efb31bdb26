"""What a copy skips, whom it tells, and what has no copy."""

import functools
import hashlib
import logging
import os

import pytest

from genro_storage import SkipStrategy, StoragePermissionError
from trees import ODD, Heard, make, tree

# Skipping


async def test_each_strategy_says_why_it_skipped(storage, mount, io):
    await make(storage, io, f"{mount}:src", ["same"])
    await io(storage.node(mount, "src/size").write_text("12345"))
    await io(storage.node(mount, "src/other").write_text("123456"))
    dest = storage.node("home:dst")
    await make(storage, io, "home:dst", ["same"])
    await io(dest.child("size").write_text("54321"))
    await io(dest.child("other").write_text("1"))
    reasons = {
        "never": {},
        "exists": dict.fromkeys(["src/same", "src/size", "src/other"], "destination exists"),
        "size": {"src/same": "same size (12 bytes)", "src/size": "same size (5 bytes)"},
        "hash": {"src/same": f"same content (MD5: {hashlib.md5(b'text of same').hexdigest()[:8]}...)"},
        "custom": dict.fromkeys(["src/size"], "custom function returned True"),
    }
    for skip, expected in sorted(reasons.items(), key=lambda item: item[0] == "never"):
        for given in (skip, SkipStrategy(skip)):
            heard = Heard()
            scratch = storage.node("mem:scratch")
            await io(dest.copy_to(scratch))
            await io(
                storage.node(mount, "src").copy_to(
                    scratch, skip=given, skip_fn=lambda a, b: a.basename == "size", on_skip=heard.on_skip
                )
            )
            assert heard.skipped == expected


async def test_what_is_not_at_the_destination_is_copied_unasked(storage, io):
    await make(storage, io, "mem:src", ["a", "b"])
    await make(storage, io, "home:dst", ["b"])
    asked = []
    for skip in ("exists", "size", "hash"):
        await io(storage.node("mem:src").copy_to(f"mem:{skip}", skip=skip))
        assert set(await tree(io, storage.node(f"mem:{skip}"))) == {"a", "b"}
    await io(storage.node("mem:src").copy_to("home:dst", skip="custom", skip_fn=lambda a, b: asked.append(a.basename)))
    assert asked == ["b"]
    await io(storage.node("mem:src/a").copy_to("home:new", skip=lambda a, b: asked.append("a")))
    assert asked == ["b"]


async def test_a_function_given_as_skip_is_the_custom_strategy(storage, io):
    await make(storage, io, "mem:src", ["a", "b"])
    await make(storage, io, "home:dst", ["a", "b"])
    heard = Heard()
    await io(
        storage.node("mem:src").copy_to("home:dst", skip=lambda src, dst: src.basename == "a", on_skip=heard.on_skip)
    )
    assert heard.skipped == {"src/a": "custom function returned True"}
    with pytest.raises(ValueError, match="skip_fn would be a second one"):
        await io(storage.node("mem:src").copy_to("home:dst", skip=lambda a, b: True, skip_fn=lambda a, b: True))


@pytest.mark.parametrize("skip", ["newer", "Never", "", "custom "])
async def test_an_unknown_strategy_is_an_error(storage, io, skip):
    await make(storage, io, "mem:", ["a"])
    with pytest.raises(ValueError, match="unknown skip strategy"):
        await io(storage.node("mem:a").copy_to("home:a", skip=skip))


async def test_a_failed_comparison_copies_and_is_told(storage, io, caplog):
    await make(storage, io, "mem:src", ["a", "b"])
    await make(storage, io, "home:dst", ["a"])
    await io(storage.node("home:dst/a").write_text("older"))
    reason = KeyError("no such column")

    def compare(source, dest):
        raise reason

    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", skip=compare, on_error=heard.on_error))
    assert heard.errors == [("src/a", reason)]
    assert heard.errors[0][1] is reason
    assert await io(storage.node("home:dst/a").read_text()) == "text of a"
    await io(storage.node("mem:src/a").copy_to("home:dst/a", skip=compare, on_error=heard.on_error))
    assert len(heard.errors) == 2
    with caplog.at_level(logging.WARNING, "genro_storage"):
        await io(storage.node("mem:src").copy_to("home:dst", skip=compare))  # nobody listens: the log does
    assert "mem:src/a" in caplog.text
    assert "no such column" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_what_cannot_be_read_for_comparison_is_told_and_copied_over(storage, io, root):
    await make(storage, io, "mem:src", ["a"])
    await make(storage, io, "home:dst", ["a"])
    os.chmod(root + "/dst/a", 0)
    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", skip="hash", on_error=heard.on_error))
    assert [(path, type(error)) for path, error in heard.errors] == [("src/a", StoragePermissionError)]


@pytest.mark.parametrize("mount", ["minio", "versitygw"], indirect=True)
async def test_hash_takes_no_opaque_etag_for_an_md5(storage, mount, io):
    """An object of several parts has an ETag that is no MD5: its content is compared."""
    data = bytes(range(256)) * (72 << 10)  # 18 MiB
    await io(storage.node("home:src/large").write_bytes(data))
    await io(storage.node("home:src/small").write_bytes(b"small"))
    await io(storage.node("home:src").copy_to(storage.node(mount, "dst")))
    heard = Heard()
    await io(storage.node("home:src").copy_to(storage.node(mount, "dst"), skip="hash", **heard.all))
    assert [reason[:18] for reason in heard.skipped.values()] == ["same content (MD5:"] * 2
    await io(storage.node("home:src/large").write_bytes(data[:-1] + b"!"))
    heard = Heard()
    await io(storage.node("home:src").copy_to(storage.node(mount, "dst"), skip="hash", **heard.all))
    assert list(heard.skipped) == ["src/small"]


# Callbacks


async def test_callbacks_get_source_nodes_whose_methods_give_values(storage, io):
    await make(storage, io, "mem:src", ["a"])
    sizes = []
    options = {
        "filter": lambda node, path: sizes.append(node.size()) or True,
        "on_file": lambda node: sizes.append(node.read_text()),
    }
    await io(storage.node("mem:src").copy_to("home:dst", **options))
    assert sizes == [9, "text of a"]


class AsyncCallable:
    async def __call__(self, *_):
        return True

    async def method(self, *_):
        return True


async def coroutine_function(*_):
    return True


@pytest.mark.parametrize("name", ["filter", "skip", "skip_fn", "progress", "on_file", "on_skip", "on_error"])
@pytest.mark.parametrize(
    "function",
    [coroutine_function, AsyncCallable(), AsyncCallable().method, functools.partial(coroutine_function, 1)],
    ids=["function", "object", "method", "partial"],
)
async def test_coroutine_functions_are_refused_as_callbacks(storage, io, name, function):
    await make(storage, io, "mem:src", ["a"])
    with pytest.raises(TypeError, match="must be a plain function"):
        await io(storage.node("mem:src").copy_to("home:dst", **{name: function}))
    assert await io(storage.node("home:dst").exists()) is False


@pytest.mark.parametrize("name", ["progress", "on_file"])
async def test_a_callback_that_gives_an_awaitable_ends_the_copy(storage, io, name):
    await make(storage, io, "mem:src", ["a"])
    with pytest.raises(TypeError, match="plain function"):
        await io(storage.node("mem:src").copy_to("home:dst", **{name: lambda *args: coroutine_function(*args)}))


async def test_what_is_no_function_is_no_callback(storage, io):
    await make(storage, io, "mem:src", ["a"])
    with pytest.raises(TypeError, match="not callable"):
        await io(storage.node("mem:src").copy_to("home:dst", on_file="print"))


# What cannot be copied


@pytest.mark.parametrize("dest", ["other:dst", "mem:dst"])
async def test_what_has_no_copy_is_left_out_and_told(storage, io, odd_tree, dest, caplog):
    heard = Heard()
    await io(storage.node(odd_tree).copy_to(dest, on_error=heard.on_error, **heard.all))
    assert heard.skipped == {f"odd/{name}": reason for name, reason in ODD.items()}
    assert ("progress", 1, 1) in heard.events
    assert not heard.errors
    assert await tree(io, storage.node(dest)) == {"file": "text"}
    await io(storage.node(odd_tree).copy_to(dest, on_error=heard.on_error))
    assert sorted(path for path, _ in heard.errors) == sorted(heard.skipped)
    with caplog.at_level(logging.WARNING, "genro_storage"):
        await io(storage.node(odd_tree).copy_to(dest))
    assert len(caplog.records) == len(ODD)


async def test_one_of_them_alone_is_an_error(storage, io, odd_tree):
    for name in ("fifo", "socket"):
        with pytest.raises(ValueError, match="neither a file nor a directory"):
            await io(storage.node(odd_tree, name).copy_to("other:x"))
        with pytest.raises(ValueError):
            await io(storage.node(odd_tree, name).read_bytes())
        assert await io(storage.node(odd_tree, name).exists()) is True
        assert await io(storage.node(odd_tree, name).is_file()) is False
    for name in ("outside", "outside-file", "self", "dangling"):
        assert await io(storage.node(odd_tree, name).exists()) is False
        with pytest.raises((ValueError, FileNotFoundError)):
            await io(storage.node(odd_tree, name).copy_to("other:x"))


async def test_deleting_takes_them_away_and_not_what_links_lead_to(storage, io, odd_tree, root):
    for name in ODD:
        await io(storage.node(odd_tree, name).delete())
    assert os.listdir(root + "/odd") == ["file"]
    assert os.path.exists("/etc")


async def test_links_inside_are_followed_and_those_that_lead_back_end(storage, io, root):
    await make(storage, io, "home:t", ["sub/a"])
    os.symlink("sub/a", root + "/t/link")
    os.symlink("..", root + "/t/sub/back")
    await io(storage.node("home:t").copy_to("other:t"))
    copied = await tree(io, storage.node("other:t"))
    assert copied["link"] == "text of sub/a"
    assert os.path.isdir(root + "-other/t/sub/back")
