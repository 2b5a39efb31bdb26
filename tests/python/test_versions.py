"""Versions of files, on real servers with versioned buckets; and what mounts without versions answer."""

import asyncio
import datetime
import time
import uuid

import pytest

from genro_storage import StoragePermissionError

UTC = datetime.UTC


# --- listing


def test_versions_are_listed_oldest_first_with_five_facts_each(file):
    versions = file.versions
    assert [set(entry) for entry in versions] == [{"version_id", "is_latest", "last_modified", "size", "etag"}] * 3
    assert [entry["size"] for entry in versions] == [3, 3, 5]
    assert [entry["is_latest"] for entry in versions] == [False, False, True]
    assert len({entry["version_id"] for entry in versions}) == 3
    for entry in versions:
        assert type(entry["version_id"]) is str
        assert type(entry["etag"]) is str
        assert '"' not in entry["etag"]
        assert entry["last_modified"].tzinfo is not None
        assert abs(entry["last_modified"] - datetime.datetime.now(UTC)) < datetime.timedelta(minutes=5)
    times = [entry["last_modified"] for entry in versions]
    assert times == sorted(times)
    assert file.version_count == 3 == len(versions)


def test_the_etag_of_a_simple_upload_is_the_md5_of_its_content(file):
    assert file.versions[-1]["etag"] == file.md5hash()


def test_versions_written_in_the_same_second_stay_in_order(vault):
    node = vault.node("vault:fast")
    texts = [f"content {number}" for number in range(12)]
    for text in texts:
        node.write_text(text)
    assert [vault.node("vault:fast", version=e["version_id"]).read_text() for e in node.versions] == texts
    assert node.versions[-1]["is_latest"]


def test_only_the_versions_of_this_very_file_are_listed(vault, server):
    vault.node("vault:ab").write_text("1")
    for name in ("abc", "ab/c", "ab2"):
        if name != "ab/c" or server == "moto":  # the others keep keys in folders of a file system
            vault.node("vault", name).write_text("other")
    assert vault.node("vault:ab").version_count == 1
    assert vault.node("vault:a").versions == []
    assert vault.node("vault:").versions == []


def test_an_identical_write_adds_a_version_unless_it_is_skipped(vault):
    node = vault.node("vault:same")
    assert node.write_text("x") is True
    assert node.write_text("x") is True
    assert node.version_count == 2
    assert node.write_text("x", skip_if_unchanged=True) is False
    assert node.version_count == 2


def test_a_bucket_without_versions_has_one_called_null(vault):
    node = vault.node("plain:a")
    node.write_text("1")
    node.write_text("2")
    assert [(e["version_id"], e["is_latest"], e["size"]) for e in node.versions] == [("null", True, 1)]
    node.delete()


def test_a_missing_file_has_no_versions(vault):
    assert vault.node("vault:never").versions == []
    assert vault.node("vault:never").version_count == 0


@pytest.mark.parametrize("mount_name", ["mem", "home", "b64"])
def test_mounts_without_versions_answer_with_none(storage, mount_name):
    node = storage.node(mount_name, "eA==")
    node.write_text("x")
    assert node.versions == []
    assert node.version_count == 0
    with pytest.raises(PermissionError, match="does not support versioning"):
        node.compact_versions(dry_run=True)
    with pytest.raises(PermissionError, match="does not support versioning"):
        node.compact_versions()
    for arguments in ({"version": 0}, {"version": "abc"}, {"as_of": datetime.datetime.now(UTC)}):
        with pytest.raises(PermissionError, match=f"{mount_name}:.*does not support versioning"):
            node.open("r", **arguments)
    snapshot = storage.node(mount_name, "eA==", version=0)
    for read in (snapshot.read_bytes, snapshot.read_text, snapshot.read, snapshot.size, snapshot.mtime):
        with pytest.raises(PermissionError, match="does not support versioning"):
            read()
    assert not snapshot.exists()
    assert not snapshot.is_file()
    assert not snapshot.is_dir()
    assert snapshot.ext_attributes == (None, None, False)


def test_failures_other_than_having_no_versions_are_told(vault, server, s3_config):
    mount = s3_config("refused", server, versioned=True) | {"secret_key": "wrong-secret-of-this-test"}
    if server == "moto":
        pytest.skip("moto does not check signatures")
    vault.add_mount(mount)
    with pytest.raises(StoragePermissionError):
        _ = vault.node("refused:a").versions


# --- properties and their awaitable methods


async def test_every_property_that_asks_the_storage_has_an_awaitable_method_beside_it(storage, io):
    node = storage.node("home:a.txt")
    await io(node.write_text("hello"))
    same = storage.node("home:b.txt")
    await io(same.write_text("hello"))
    # Properties and operators give values also inside a loop.
    assert node.versions == [] == await io(node.list_versions())
    assert node.version_count == 0 == await io(node.count_versions())
    assert node.ext_attributes == await io(node.get_ext_attributes()) == (await io(node.mtime()), 5, False)
    assert (node == same) is True
    assert await io(node.equals(same)) is True
    assert (node != storage.node("home:none")) is True
    assert await io(node.equals(storage.node("home:none"))) is False
    assert await io(node.equals("home:a.txt")) is False
    assert await io(node.get_metadata()) == {}


async def test_versions_and_their_methods_agree_in_both_worlds(vault, io):
    node = vault.node("vault:b.txt")
    await io(node.write_text("1"))
    await io(node.write_text("1"))
    assert node.versions == await io(node.list_versions())
    assert node.version_count == 2 == await io(node.count_versions())
    assert await io(node.compact_versions(dry_run=True)) == 1
    assert await io(node.compact_versions()) == 1
    assert await io(node.compact_versions()) == 0
    assert node.ext_attributes == await io(node.get_ext_attributes())


# --- open


def test_a_version_is_opened_by_id_index_or_date(file):
    versions = file.versions
    assert file.open(version=0).read() == "one"
    assert file.open("rb", version=-1).read() == b"three"
    assert file.open("r", -2).read() == "two"
    assert file.open(version=versions[0]["version_id"]).read() == "one"
    assert file.open(as_of=versions[-1]["last_modified"]).read() == "three"
    with file.open("rb", version=0) as stream:
        assert stream.read(1) == b"o"
        assert stream.seek(0) == 0
        file.write_text("four")
        assert stream.read() == b"one"


async def test_a_version_can_be_opened_in_both_worlds(vault, io, world):
    node = vault.node("vault:both")
    await io(node.write_text("old"))
    await io(node.write_text("new"))
    if world == "loop":
        async with node.open(version=0) as stream:
            assert await stream.read() == "old"
    with node.open(version=0) as stream:
        assert stream.read() == "old"


def test_an_index_outside_of_the_history_is_an_index_error_with_the_valid_range(file, vault):
    for index in (3, -4, 10**30):
        with pytest.raises(IndexError, match=r"out of range: 0 to 2, or -3 to -1"):
            file.open(version=index)
    with pytest.raises(IndexError, match="No versions available"):
        vault.node("vault:never").open(version=0)


def test_an_unknown_id_is_a_missing_file(file):
    for unknown in ("never-such-an-id", str(uuid.uuid4()), "0" * 32):
        with pytest.raises(FileNotFoundError):
            file.open(version=unknown)
        snapshot = file._manager.node("vault:dir/a.txt", version=unknown)
        with pytest.raises(FileNotFoundError):
            snapshot.read_bytes()
        assert snapshot.exists() is False


def needs_times(server: str) -> None:
    if server == "versitygw":
        pytest.skip("versitygw gives older versions the time at which they were replaced")


@pytest.mark.full_only
def test_as_of_finds_what_was_there_at_the_moment(vault, server):
    needs_times(server)
    node = vault.node("vault:time")
    node.write_text("early")
    if server == "moto":
        time.sleep(1.1)  # its times have seconds
    moment = datetime.datetime.now(UTC)
    time.sleep(1.1 if server == "moto" else 0.05)
    node.write_text("late")
    assert node.open(as_of=moment).read() == "early"
    assert node.open(as_of=moment.replace(tzinfo=None)).read() == "early"  # naive is UTC
    elsewhere = moment.astimezone(datetime.timezone(datetime.timedelta(hours=-7)))
    assert node.open(as_of=elsewhere).read() == "early"
    assert node.open(as_of=moment + datetime.timedelta(days=1)).read() == "late"
    assert vault.node("vault:time", as_of=moment).read_text() == "early"
    with pytest.raises(FileNotFoundError, match="No version found before"):
        node.open(as_of=moment - datetime.timedelta(days=1))
    for entry in node.versions:
        assert vault.node("vault:time", as_of=entry["last_modified"]).size() == entry["size"]


@pytest.mark.full_only
def test_as_of_honours_deletions(vault, server):
    needs_times(server)
    pause = 1.1 if server == "moto" else 0.05
    node = vault.node("vault:gone")
    node.write_text("was here")
    time.sleep(pause)
    before = datetime.datetime.now(UTC)
    time.sleep(pause)
    node.delete()
    time.sleep(pause)
    after = datetime.datetime.now(UTC)
    assert node.open(as_of=before).read() == "was here"
    with pytest.raises(FileNotFoundError, match="No version found before"):
        node.open(as_of=after)
    assert node._resolve_version_at_date(after) is None
    # The history is there still, and no version in it is the current one.
    assert [entry["is_latest"] for entry in node.versions] == [False]
    assert vault.node("vault:gone", version=-1).read_text() == "was here"
    assert node.exists() is False


def test_the_refusals_of_open_come_in_their_order(file, vault):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    now = datetime.datetime.now(UTC)
    for arguments in ({"version": 1}, {"as_of": now}, {"version": 1, "as_of": now}):
        with pytest.raises(ValueError, match="versioned snapshot"):
            snapshot.open("w", **arguments)
    for mode in ("w", "a", "x", "r+", "wb", "ab", "xb", "w+"):
        with pytest.raises(ValueError, match="Cannot write to versioned snapshot"):
            snapshot.open(mode)
        with pytest.raises(ValueError, match="Cannot write to historical versions"):
            file.open(mode, version=0)
        with pytest.raises(ValueError, match="Cannot write to historical versions"):
            file.open(mode, as_of=now)
    with pytest.raises(ValueError, match="Cannot specify both"):
        file.open("w", version=0, as_of=now)
    with pytest.raises(ValueError, match="Cannot specify both"):
        vault.node("vault:dir/a.txt", version=0, as_of=now)
    with pytest.raises(ValueError, match="Cannot specify both"):
        vault.node("mem:a").open(version=0, as_of=now)
    assert file.read_text() == "three"
    assert file.version_count == 3


@pytest.mark.parametrize("wrong", [True, 1.0, b"id", object()])
def test_a_version_is_an_id_or_an_index(storage, wrong):
    with pytest.raises(TypeError):
        storage.node("mem:a", version=wrong)
    with pytest.raises(TypeError):
        storage.node("mem:a", as_of=wrong if wrong is not True else "today")


def test_an_empty_version_id_is_refused(storage):
    with pytest.raises(ValueError, match="empty"):
        storage.node("mem:a", version="")


def test_the_private_helpers_give_ids(file):
    ids = [entry["version_id"] for entry in file.versions]
    assert [file._resolve_version_index(index) for index in (0, 1, 2, -1, -3)] == [*ids, ids[2], ids[0]]
    with pytest.raises(IndexError):
        file._resolve_version_index(3)
    assert file._resolve_version_at_date(datetime.datetime.now(UTC) + datetime.timedelta(hours=1)) == ids[-1]
    assert file._resolve_version_at_date(datetime.datetime(2001, 1, 1)) is None


@pytest.mark.parametrize("address", ["home:a", "mem:a", "mem:missing"])
def test_the_private_helpers_find_nothing_where_there_are_no_versions(storage, address):
    storage.node("home:a").write_text("x")
    storage.node("mem:a").write_text("x")
    with pytest.raises(IndexError, match="No versions available"):
        storage.node(address)._resolve_version_index(0)
    assert storage.node(address)._resolve_version_at_date(datetime.datetime.now(UTC)) is None


async def test_a_file_that_was_opened_for_appending_and_got_nothing_has_no_new_version(vault, io, world):
    node = vault.node("vault:log")
    for expected in (1, 1, 2):
        if world == "loop":
            async with node.open("a") as opened:
                await opened.write("x" if expected == 2 else "")
        else:
            with node.open("a") as opened:
                opened.write("x" if expected == 2 else "")
        assert node.version_count == expected
    assert await io(node.read_text()) == "x"


# --- mounts that do not ask for versions


def test_a_mount_that_is_not_aware_of_versions_never_asks_for_them(vault, server, s3_config):
    vault.add_mount(s3_config("plain_view", server, versioned=True) | {"version_aware": False})
    vault.configure(
        [
            {"name": "below", "path": "plain_view:d"},
            {"name": "reading", "path": "plain_view:d", "permissions": "readonly"},
        ]
    )
    node = vault.node("plain_view:d/a")
    node.write_text("A")
    for name, path in (("plain_view", "d/a"), ("below", "a"), ("reading", "a")):
        node = vault.node(name, path)
        capabilities = node.capabilities
        assert not (capabilities.versioning)
        assert not (capabilities.version_listing)
        assert not (capabilities.version_access)
        assert node.versions == []
        assert node.version_count == 0
        with pytest.raises(PermissionError, match="does not support versioning"):
            node.open(version=0)
        with pytest.raises(PermissionError, match="does not support versioning"):
            vault.node(name, path, version=0).read_bytes()
    assert vault.node("plain_view:d/a").write_text("A", skip_if_unchanged=True) is False
    for explicit in (True, None):
        vault.add_mount(s3_config("aware", server, versioned=True) | {"version_aware": explicit})
        assert vault.node("aware:a").capabilities.versioning is True


def test_a_history_of_more_than_one_page_is_listed_whole(vault, server):
    if server == "moto":
        pytest.skip("slow; its pages are as versitygw's")
    node = vault.node("vault:long")
    count = 1003  # a page has 1000

    async def write_all():
        semaphore = asyncio.Semaphore(16)

        async def write(number):
            async with semaphore:
                await node.write_text(str(number))

        await asyncio.gather(*(write(number) for number in range(count - 2)))

    asyncio.run(write_all())
    node.write_text("same")
    node.write_text("same")
    assert node.version_count == count
    assert vault.node("vault:long", version=-1).read_text() == "same"
    assert vault.node("vault:long", version=count - 1).read_text() == "same"
    assert node.compact_versions(dry_run=True) == 1
