"""Keys of object stores that are no paths, marks of folders, and names that are both an object and a folder."""

import contextlib
import logging
import os
import zipfile
from io import BytesIO

import pytest

from any_key import bucket  # noqa: F401  a fixture
from genro_storage.backends import StorageBackend
from shelf import Shelf

ODD = ["d/../keep", "d/./x", "d//x", "d/sub/../../keep", "d/nul\0l"]


@pytest.fixture(params=["home", "mem", "odd"])
def target(request, storage, bucket):  # noqa: F811
    """A folder to copy to, and beside it `keep`, which nobody asked to change."""
    (storage.node(request.param, "keep")).write_text("kept")
    return storage.node(request.param, "out")


def fill(bucket):  # noqa: F811
    """A folder of two good files, of keys that no path can be, and of a mark that has a content."""
    bucket.put("d/ok", "d/sub/good", *ODD)
    bucket.objects["d/full/"] = b"content of a mark"


def told(calls):
    return sorted(node.fullpath for node, _ in calls)


async def test_a_copy_stays_in_its_target_and_tells_what_it_left_out(storage, bucket, target, io):  # noqa: F811
    fill(bucket)
    errors = []
    await io(storage.node("odd:d").copy_to(target, on_error=lambda *call: errors.append(call)))
    assert await io(target.parent.child("keep").read_text()) == "kept"
    assert await io(target.child("ok").read_text()) == "d/ok"
    assert await io(target.child("sub/good").read_text()) == "d/sub/good"
    files = await io(target.find(type="file"))
    assert sorted(node.path for node in files) == ["out/ok", "out/sub/good"]
    assert told(errors) == ["odd:d/.", "odd:d/..", "odd:d//", "odd:d/full/", "odd:d/nul\0l", "odd:d/sub/.."]
    assert all(isinstance(error, ValueError) for _, error in errors)
    assert all("left out: its name is not a valid" in str(error) for node, error in errors if "\0" not in node.path)


async def test_a_copy_gives_reasons_to_on_skip(storage, bucket, io):  # noqa: F811
    fill(bucket)
    skipped, errors = [], []
    await io(
        storage.node("odd:d").copy_to(
            "home:out",
            on_skip=lambda *call: skipped.append(call),
            on_error=lambda *call: errors.append(call),
        )
    )
    assert len(skipped) == 6
    assert not errors
    assert {reason for _, reason in skipped} == {"its name is not a valid path component"}


async def test_what_nobody_listens_to_goes_to_the_log(storage, bucket, io, caplog):  # noqa: F811
    fill(bucket)
    with caplog.at_level(logging.WARNING, "genro_storage"):
        await io(storage.node("odd:d").copy_to("home:out"))
    assert len([record for record in caplog.records if record.name == "genro_storage"]) == 6


async def test_a_move_takes_away_only_what_it_has_copied(storage, bucket, target, io):  # noqa: F811
    fill(bucket)
    errors = []
    await io(storage.node("odd:d").move_to(target, on_error=lambda *call: errors.append(call)))
    assert await io(target.child("ok").read_text()) == "d/ok"
    assert await io(target.parent.child("keep").read_text()) == "kept"
    assert len(errors) == 6
    assert sorted(key for key in bucket.objects if key.startswith("d/")) == sorted([*ODD, "d/full/"])


async def test_an_archive_is_refused_rather_than_made_without_them(storage, bucket, io):  # noqa: F811
    for key in ODD:
        bucket.objects.clear()
        bucket.put("d/ok", key)
        with pytest.raises(ValueError, match="a name that no path can have"):
            await io(storage.node("odd:d").zip())
        with pytest.raises(ValueError, match="a name that no path can have"):
            await io(storage.node("odd:d").zip_to("home:d.zip"))
        assert await io(storage.node("home:d.zip").exists()) is False


async def test_listings_and_searches_do_not_show_them_but_their_size_counts(storage, bucket, io):  # noqa: F811
    fill(bucket)
    folder = storage.node("odd:d")
    assert [node.path for node in await io(folder.children())] == ["d/full", "d/ok", "d/sub"]
    assert [node.path for node in await io(folder.rglob("*"))] == ["d/full", "d/ok", "d/sub", "d/sub/good"]
    assert [node.path for node in await io(folder.find())] == ["d/full", "d/ok", "d/sub", "d/sub/good"]
    walked = [
        (at.path, [n.path for n in folders], [n.path for n in files]) for at, folders, files in await io(folder.walk())
    ]
    assert walked == [("d", ["d/full", "d/sub"], ["d/ok"]), ("d/full", [], []), ("d/sub", [], ["d/sub/good"])]
    usage = await io(folder.du())
    assert usage.size == sum(len(content) for key, content in bucket.objects.items() if key.startswith("d/"))
    assert await io(storage.node("odd:d/full").is_dir()) is True


async def test_removing_the_folder_removes_every_key_below_and_no_other(storage, bucket, io):  # noqa: F811
    fill(bucket)
    bucket.put("d/", "d/sub/", "keep", "dd/x", "e")
    await io(storage.node("odd:d").delete())
    assert sorted(bucket.objects) == ["dd/x", "e", "keep"]
    assert await io(storage.node("odd:d").exists()) is False


async def test_keys_that_begin_with_a_slash_stay_in_the_bucket(storage, bucket, io):  # noqa: F811
    bucket.put("/etc/passwd", "good")
    errors = []
    await io(storage.node("odd:").copy_to("home:out", on_error=lambda *call: errors.append(call)))
    assert [node.path for node in await io(storage.node("home:out").children())] == ["out/good"]
    assert len(errors) == 1
    with pytest.raises(ValueError, match="a name that no path can have"):
        await io(storage.node("odd:").zip())


async def test_a_mount_below_a_prefix_checks_names_too(storage, bucket, io):  # noqa: F811
    storage.configure([{"name": "below", "path": "odd:p"}])
    storage.add_mount(bucket.mount("prefixed", base_path="p"))
    bucket.put("p/d/a", "p/d/../../up", "p//b")
    for name in ("below", "prefixed"):
        errors = []
        await io(storage.node(name, "").copy_to("home:out/in", on_error=lambda *call, to=errors: to.append(call)))
        assert [node.path for node in await io(storage.node("home:out").find(type="file"))] == ["out/in/d/a"]
        assert len(errors) == 2


MARKED = ("d/", "d/sub/", "d/sub/f", "d/empty/", "d/a")


async def test_marks_of_folders_are_folders_and_nothing_else(storage, bucket, io):  # noqa: F811
    bucket.put(*MARKED)
    folder = storage.node("odd:d")
    assert [node.path for node in await io(folder.children())] == ["d/a", "d/empty", "d/sub"]
    assert [node.path for node in await io(folder.child("sub").children())] == ["d/sub/f"]
    assert [node.path for node in await io(folder.rglob("*"))] == ["d/a", "d/empty", "d/sub", "d/sub/f"]
    assert [node.path for node in await io(folder.find())] == ["d/a", "d/empty", "d/sub", "d/sub/f"]
    walked = [
        (at.path, [n.path for n in folders], [n.path for n in files]) for at, folders, files in await io(folder.walk())
    ]
    assert walked == [("d", ["d/empty", "d/sub"], ["d/a"]), ("d/empty", [], []), ("d/sub", [], ["d/sub/f"])]
    usage = await io(folder.du())
    assert (usage.folders, usage.files, usage.size) == (2, 2, len("d/a") + len("d/sub/f"))
    assert await io(folder.tree()) == (
        "odd:d\n├── a (3 B)\n├── empty/\n└── sub/\n    └── f (7 B)\n\n2 folders, 2 files, 10 B"
    )
    with zipfile.ZipFile(BytesIO(await io(folder.zip()))) as archive:
        assert sorted(archive.namelist()) == ["a", "sub/f"]


async def test_a_removed_folder_leaves_no_marks(storage, bucket, io):  # noqa: F811
    bucket.put(*MARKED, "dx/")
    await io(storage.node("odd:d").delete())
    assert sorted(bucket.objects) == ["dx/"]
    assert await io(storage.node("odd:d").exists()) is False
    bucket.put("only/")
    assert await io(storage.node("odd:only").is_dir()) is True
    await io(storage.node("odd:only").delete())
    assert await io(storage.node("odd:only").exists()) is False


async def test_an_emptied_mount_has_no_marks_either(storage, bucket, io):  # noqa: F811
    storage.add_mount(bucket.mount("prefixed", base_path="p"))
    bucket.put("p/", "p/d/", "p/d/x/", "p/y", "other")
    await io(storage.node("prefixed:").delete())
    assert sorted(bucket.objects) == ["other", "p/"]
    assert await io(storage.node("prefixed:").children()) == []


async def test_a_moved_folder_leaves_no_marks(storage, bucket, target, io):  # noqa: F811
    bucket.put(*MARKED)
    source = storage.node("odd:d")
    await io(source.move_to(target))
    assert not [key for key in bucket.objects if key.startswith("d/")]
    assert await io(storage.node("odd:d").exists()) is False
    assert await io(target.child("sub/f").read_text()) == "d/sub/f"
    if target.fullpath != "odd:out":  # where keys imply folders, an empty one is none
        assert await io(target.child("empty").is_dir()) is True


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_marks_on_a_real_server_go_with_their_folder(storage, mount, io, boto_client, s3_config):
    config = s3_config("real", "minio")
    storage.add_mount(config)
    client, prefix = boto_client(config), config["base_path"]
    for operation in ("delete", "move_to"):
        for key in MARKED:
            client.put_object(Bucket=config["bucket"], Key=f"{prefix}/{key}", Body=b"" if key.endswith("/") else b"x")
        folder = storage.node("real:d")
        assert [node.path for node in await io(folder.find())] == ["d/a", "d/empty", "d/sub", "d/sub/f"]
        await io(folder.delete() if operation == "delete" else folder.move_to("home:moved"))
        assert client.list_objects_v2(Bucket=config["bucket"], Prefix=f"{prefix}/").get("KeyCount") == 0
        assert await io(storage.node("real:d").exists()) is False
    assert await io(storage.node("home:moved/empty").is_dir()) is True


async def test_an_object_and_a_folder_of_one_name_are_one_child_and_a_file(storage, bucket, io):  # noqa: F811
    bucket.put("d/foo", "d/foo-1", "d/foo.2", "d/foo/bar", "d/z")
    folder, both = storage.node("odd:d"), storage.node("odd:d/foo")
    assert [node.path for node in await io(folder.children())] == ["d/foo", "d/foo-1", "d/foo.2", "d/z"]
    assert (await io(both.is_file()), await io(both.is_dir())) == (True, False)
    assert await io(both.read_text()) == "d/foo"
    assert [node.path for node in await io(both.children())] == ["d/foo/bar"]
    assert [node.path for node in await io(folder.find(type="file"))] == [
        "d/foo",
        "d/foo/bar",
        "d/foo-1",
        "d/foo.2",
        "d/z",
    ]
    assert [node.path for node in await io(folder.find(type="folder"))] == ["d/foo"]
    steps = [
        (at.path, [n.path for n in folders], [n.path for n in files]) for at, folders, files in await io(folder.walk())
    ]
    assert steps == [
        ("d", ["d/foo"], ["d/foo", "d/foo-1", "d/foo.2", "d/z"]),
        ("d/foo", [], ["d/foo/bar"]),
    ]
    usage = await io(folder.du())
    assert (usage.folders, usage.files) == (1, 5)
    picture = await io(folder.tree())
    assert "├── foo (5 B)\n├── foo/\n│   └── bar (9 B)\n" in picture


async def test_a_file_system_gets_the_folder_of_a_shared_name_and_is_told_of_the_file(storage, bucket, io):  # noqa: F811
    for operation in ("copy_to", "move_to"):
        bucket.put("d/foo", "d/foo-1", "d/foo/bar", "d/z")
        target, errors = storage.node("home", operation), []
        await io(getattr(storage.node("odd:d"), operation)(target, on_error=lambda *call, to=errors: to.append(call)))
        assert await io(target.child("foo/bar").read_text()) == "d/foo/bar"
        assert [node.path for node in await io(target.find(type="file"))] == [
            f"{operation}/{name}" for name in ("foo/bar", "foo-1", "z")
        ]
        assert told(errors) == ["odd:d/foo"]
    assert sorted(bucket.objects) == ["d/foo"]


async def test_an_object_store_gets_both_of_a_shared_name(storage, bucket, io):  # noqa: F811
    bucket.put("d/foo", "d/foo/bar")
    await io(storage.node("odd:d").copy_to("odd:e"))
    assert {key: text for key, text in bucket.objects.items() if key.startswith("e/")} == {
        "e/foo": b"d/foo",
        "e/foo/bar": b"d/foo/bar",
    }
    skipped = []
    await io(storage.node("odd:d").copy_to("odd:e", skip="hash", on_skip=lambda *call: skipped.append(call)))
    assert told(skipped) == ["odd:d/foo", "odd:d/foo/bar"]
    await io(storage.node("odd:d").move_to("odd:f"))
    assert sorted(bucket.objects) == ["e/foo", "e/foo/bar", "f/foo", "f/foo/bar"]


async def test_removing_a_shared_name_removes_the_file_first(storage, bucket, io):  # noqa: F811
    bucket.put("d/foo", "d/foo/bar")
    both = storage.node("odd:d/foo")
    await io(both.delete())
    assert sorted(bucket.objects) == ["d/foo/bar"]
    assert await io(both.is_dir()) is True
    bucket.put("d/foo")
    await io(storage.node("odd:d").delete())
    assert not bucket.objects


class Liar(Shelf):
    """A backend whose folder holds names that lead out of it."""

    def list_dir(self, path):
        return ["good", "..", "../keep", "/etc/passwd", ".", "", "a/../../keep", "nul\0l"]

    def is_file(self, path):
        return path != ""

    def size(self, path):
        return 4

    def mtime(self, path):
        return 1.0

    def open(self, path, mode="rb"):
        return BytesIO(b"evil")


@pytest.mark.parametrize("operation", ["copy_to", "zip_to"])
async def test_names_of_a_backend_in_python_lead_nowhere_either(storage, operation, io):
    assert issubclass(Liar, StorageBackend)
    storage._mounts["liar"] = Liar()
    await io(storage.node("home:keep").write_text("kept"))
    with contextlib.suppress(ValueError, OSError):  # refusing the whole is as good
        await io(getattr(storage.node("liar:"), operation)(storage.node("home:out")))
    assert await io(storage.node("home:keep").read_text()) == "kept"
    root = storage.node("home:").resolved_path
    names = {os.path.relpath(os.path.join(at, name), root) for at, _, names in os.walk(root) for name in names}
    assert names <= {"keep", "out", "out/good"}
