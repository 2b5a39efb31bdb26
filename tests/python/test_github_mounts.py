"""What a github mount is: a repository as one of its commits has it.

Asked of a server that answers as GitHub's documentation says, over real repositories; the service itself is never
asked.
"""

import threading
import time

import pytest

from genro_storage import StorageConfigError, StorageManager
from github_server import GithubServer, run_git

LARGE = bytes(range(256)) * 4096
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def commit(folder, message="m", at=None):
    run_git(folder, "add", "-A")
    dates = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"} if at else {}
    run_git(folder, "commit", "-q", "--allow-empty", "-m", message, **dates)
    return run_git(folder, "rev-parse", "HEAD").decode().strip()


async def opened(node, world):
    file = node.open("rb")
    return await file.__aenter__() if world == "loop" else file


@pytest.fixture
def github():
    server = GithubServer().start()
    yield server
    server.close()


@pytest.fixture
def work(github, tmp_path):
    """The working tree of owner/project, with some files in it and one commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    for path, text in {"README": "hello\n", "a b#%.txt": "per cent", "empty": "", "d/e/deep": "x" * 70000}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    commit(folder, at=1_700_000_000)
    github.repositories["owner/project"] = folder / ".git"
    return folder


@pytest.fixture
def mount(github, storage):
    """Mounts owner/project, or another repository, looking its branch up at each use; gives the manager."""

    def add(**options):
        given = {"org": "owner", "repo": "project", "endpoint_url": github.url, "refresh": 0, **options}
        storage.add_mount({"name": "gh", "protocol": "github", **given})
        return storage

    return add


async def test_the_files_of_a_repository_are_read(work, mount, io):
    storage = mount()
    node = storage.node("gh:README")
    assert await io(node.read_text()) == "hello\n"
    assert (await io(node.exists()), await io(node.is_file()), await io(node.is_dir())) == (True, True, False)
    assert await io(node.size()) == 6
    assert await io(node.mtime()) == 1_700_000_000
    assert await io(storage.node("gh:a b#%.txt").read_text()) == "per cent"
    assert await io(storage.node("gh:empty").read_bytes()) == b""
    assert await io(storage.node("gh:d/e").is_dir())
    for missing in ("nothing", "README/below", "d/e/deep/er"):
        assert await io(storage.node(f"gh:{missing}").exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(storage.node("gh:nothing").read_bytes())
    with pytest.raises(IsADirectoryError):
        await io(storage.node("gh:d").read_bytes())


async def test_its_folders_are_listed_and_copied(work, mount, io):
    storage = mount()
    assert [child.path for child in await io(storage.node("gh:").children())] == ["README", "a b#%.txt", "d", "empty"]
    assert [child.path for child in await io(storage.node("gh:d").children())] == ["d/e"]
    with pytest.raises(ValueError, match="not a directory"):
        await io(storage.node("gh:README").children())
    await io(storage.node("gh:").copy_to(storage.node("mem:copy")))
    assert await io(storage.node("mem:copy/d/e/deep").read_text()) == "x" * 70000
    assert await io(storage.node("mem:copy/a b#%.txt").read_text()) == "per cent"


async def test_a_folder_of_it_can_be_the_root(work, mount, io):
    storage = mount(base_path="d/e")
    assert [child.path for child in await io(storage.node("gh:").children())] == ["deep"]
    assert await io(storage.node("gh:deep").size()) == 70000


async def test_a_branch_is_followed_and_a_tag_or_a_commit_stays(github, work, mount, io):
    run_git(work, "tag", "v1")
    first = run_git(work, "rev-parse", "HEAD").decode().strip()
    run_git(work, "checkout", "-q", "-b", "topic/x")
    (work / "README").write_text("topic\n")
    commit(work)
    run_git(work, "checkout", "-q", "main")
    for sha, text in {"topic/x": "topic\n", "v1": "hello\n", first: "hello\n", None: "hello\n"}.items():
        assert await io(mount(sha=sha).node("gh:README").read_text()) == text
    storage = mount()
    assert await io(storage.node("gh:README").read_text()) == "hello\n"
    (work / "README").write_text("newer\n")
    commit(work)
    assert await io(storage.node("gh:README").read_text()) == "newer\n"
    assert await io(mount(ref="v1").node("gh:README").read_text()) == "hello\n"


async def test_a_mount_stays_at_its_commit_until_it_is_old(github, work, mount, io):
    storage = mount(refresh=3600)
    assert await io(storage.node("gh:README").read_text()) == "hello\n"
    (work / "README").write_text("newer\n")
    (work / "more").write_text("x")
    commit(work)
    assert await io(storage.node("gh:README").read_text()) == "hello\n"
    assert await io(storage.node("gh:more").exists()) is False
    assert github.statuses("/commits") == [200]


async def test_what_has_not_changed_costs_nothing(github, work, mount, io):
    github.tokens.add("t")
    storage = mount(token="t")
    for _ in range(5):
        assert await io(storage.node("gh:README").size()) == 6
    assert github.statuses("/commits") == [200, 304, 304, 304, 304]
    assert github.statuses("/git/trees") == [200]
    assert github.used == 2


async def test_a_tree_that_is_truncated_is_read_folder_by_folder(github, work, mount, io):
    github.most_entries = 4
    storage = mount()
    assert [child.path for child in await io(storage.node("gh:").children())] == ["README", "a b#%.txt", "d", "empty"]
    assert await io(storage.node("gh:d/e/deep").size()) == 70000
    await io(storage.node("gh:").copy_to(storage.node("mem:copy")))
    assert await io(storage.node("mem:copy/d/e/deep").read_text()) == "x" * 70000
    github.most_entries = 3
    storage = mount()
    with pytest.raises(OSError, match="more entries than GitHub lists"):
        await io(storage.node("gh:").children())


async def test_links_and_submodules_are_shown_as_what_they_are(github, work, mount, io):
    (work / "link").symlink_to("../outside")
    (work / "run").write_text("#!")
    (work / "run").chmod(0o755)
    other = "1" * 40
    run_git(work, "add", "-A")
    run_git(work, "update-index", "--add", "--cacheinfo", f"160000,{other},module")
    run_git(work, "commit", "-q", "-m", "m")
    storage = mount()
    assert await io(storage.node("gh:link").read_text()) == "../outside"
    assert await io(storage.node("gh:link").size()) == 10
    module = storage.node("gh:module")
    assert (await io(module.exists()), await io(module.is_file()), await io(module.is_dir())) == (True, False, False)
    with pytest.raises(OSError, match=f"a submodule, commit {other}"):
        await io(module.read_bytes())


async def test_what_git_lfs_keeps_is_named_and_its_pointer_given_to_who_asks_for_it(github, work, mount, io):
    (work / "big.bin").write_text(POINTER)
    commit(work)
    with pytest.raises(OSError, match=r"Git LFS keeps the content .sha256:4d7a, 12345 bytes"):
        await io(mount().node("gh:big.bin").read_bytes())
    assert await io(mount(lfs="pointer").node("gh:big.bin").read_text()) == POINTER


async def test_nothing_of_it_can_be_changed(work, mount, io):
    node = mount().node("gh:README")
    with pytest.raises(PermissionError):
        await io(node.write_text("x"))
    with pytest.raises(PermissionError):
        await io(node.delete())
    assert await io(node.read_text()) == "hello\n"


def test_its_capabilities_are_told_without_a_network(storage):
    storage.add_mount(
        {"name": "gh", "protocol": "github", "org": "o", "repo": "r", "endpoint_url": "http://127.0.0.1:1"}
    )
    promised = {name for name, value in vars(storage.node("gh:a").capabilities).items() if value}
    versions = {"versioning", "version_access"}  # list_versions() works, but walks a history
    assert promised == {"read", "list_dir", "public_urls", "seek_support", "readonly", *versions}
    assert storage.node("gh:a b").url() == "http://127.0.0.1:1/o/r/raw/HEAD/a%20b"


# --- versions ---


@pytest.fixture
def history(work):
    """The commits of d/file, oldest first: written, changed, removed, written again."""
    made = []
    for number, text in enumerate(["one", "two!", None, "three"]):
        (work / "d/file").unlink(missing_ok=True)
        if text is not None:
            (work / "d/file").write_text(text)
        made.append(commit(work, at=1_700_000_100 + 100 * number))
        (work / "other").write_text(str(number))
        commit(work, at=1_700_000_150 + 100 * number)
    return made


async def test_the_versions_of_a_file_are_the_commits_that_changed_it(history, mount, io):
    node = mount().node("gh:d/file")
    listed = await io(node.list_versions())
    assert [version["version_id"] for version in listed] == history
    assert [version["is_latest"] for version in listed] == [False, False, False, True]
    assert listed[0]["last_modified"].timestamp() == 1_700_000_100
    assert listed[-1]["size"] == 5
    assert await io(node.count_versions()) == 4


async def test_details_tell_sizes_removals_and_when_each_file_was_changed(history, mount, io):
    storage = mount(details=True)
    listed = await io(storage.node("gh:d/file").list_versions())
    assert [(version["version_id"], version["size"]) for version in listed] == [
        (history[0], 3),
        (history[1], 4),
        (history[3], 5),
    ]
    assert await io(storage.node("gh:d/file").mtime()) == 1_700_000_400
    assert await io(storage.node("gh:README").mtime()) == 1_700_000_000
    assert await io(mount().node("gh:README").mtime()) == 1_700_000_450


async def test_a_version_is_read(history, mount, io):
    storage = mount()
    for version, text in {history[0]: "one", history[1]: "two!", -1: "three", 0: "one"}.items():
        node = storage.node("gh:d/file", version=version)
        assert await io(node.read_text()) == text
        assert await io(node.size()) == len(text)
    assert await io(storage.node("gh:d/file", version=history[2]).exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(storage.node("gh:d/file", version="abc").read_text())


async def test_a_long_history_comes_in_pages(github, work, mount, io):
    (work / "d/file").write_text("first")
    commit(work)
    for number in range(100):
        (work / "d/file").write_text(str(number))
        run_git(work, "commit", "-q", "-a", "-m", "m")
    assert await io(mount().node("gh:d/file").count_versions()) == 101
    assert len(github.statuses("per_page=100")) == 2


# --- contents ---


@pytest.fixture
def large(work):
    (work / "large").write_bytes(LARGE)
    commit(work)


@pytest.mark.parametrize("ranges", [True, False])
async def test_a_part_of_a_file_is_given_also_by_a_server_without_ranges(github, large, mount, io, world, ranges):
    github.sends_ranges = ranges
    file = await opened(mount().node("gh:large"), world)
    await io(file.seek(1000))
    assert await io(file.read(10)) == LARGE[1000:1010]
    await io(file.seek(len(LARGE) - 5))
    assert await io(file.read()) == LARGE[-5:]
    await io(file.close())


async def test_a_content_that_breaks_off_goes_on_where_it_stopped(github, large, mount, io):
    cut = lambda handler, fields, body: handler.cut(fields, body[:400_000], len(body))  # noqa: E731
    for spoiled in ([cut], [lambda handler, fields, body: handler.cut(fields, b"", len(body))]):
        github.spoil[:] = spoiled
        assert await io(mount().node("gh:large").read_bytes()) == LARGE
    github.sends_ranges = False
    github.spoil[:] = [cut]
    assert await io(mount().node("gh:large").read_bytes()) == LARGE
    github.spoil[:] = [lambda handler, fields, body: handler.cut(fields, body[:3], len(body))]
    assert await io(mount().node("gh:README").read_bytes()) == b"hello\n"


async def test_a_content_that_stops_in_the_middle_is_given_up_and_goes_on_where_it_stopped(github, large, mount, io):
    ended = threading.Event()

    def stall(handler, fields, body):
        handler.cut(fields, body[:400_000], len(body))
        ended.wait(60)

    github.spoil[:] = [stall]
    try:
        assert await io(mount(timeout=0.5).node("gh:large").read_bytes()) == LARGE
        assert github.statuses("/git/blobs") == [200, 206]
    finally:
        ended.set()


def flipped(handler, fields, body):
    handler.reply(200, fields, bytes([body[0] ^ 1]) + body[1:])


def longer(handler, fields, body):
    handler.reply(200, fields, body + b"x")


@pytest.mark.parametrize("name", ["README", "large"])
async def test_a_content_that_is_not_what_the_tree_names_is_never_taken(github, large, mount, io, name):
    node = mount().node(f"gh:{name}")
    github.spoil[:] = [flipped]
    expected = await io(node.read_bytes())  # once is chance
    assert expected == (LARGE if name == "large" else b"hello\n")
    for spoiler, words in ((flipped, "SHA-1"), (longer, "another size")):
        github.spoil[:] = [spoiler] * 10
        with pytest.raises(OSError, match=words):
            await io(node.read_bytes())


# --- refusals ---


async def test_what_is_missing_is_named(github, work, mount, io, tmp_path):
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "none.git")
    github.repositories["owner/none"] = tmp_path / "none.git"
    for options, words in [
        ({"repo": "nothing"}, "no repository owner/nothing, or a private one, which needs a 'token'"),
        ({"repo": "none"}, "owner/none is empty"),
        ({"sha": "nowhere"}, "no branch, tag or commit 'nowhere'"),
        ({"sha": "1" * 40}, "no branch, tag or commit '1111"),
    ]:
        with pytest.raises(FileNotFoundError, match=words):
            await io(mount(**options).node("gh:README").read_bytes())


async def test_a_private_repository_needs_a_token_that_is_good(github, work, mount, io):
    github.private.add("owner/project")
    github.tokens.add("good")
    with pytest.raises(FileNotFoundError, match="private one, which needs a 'token'"):
        await io(mount().node("gh:README").read_text())
    for login in ({"token": "good"}, {"token": "good", "username": "me"}):
        assert await io(mount(**login).node("gh:README").read_text()) == "hello\n"
    with pytest.raises(PermissionError, match="wrong, expired or revoked") as caught:
        await io(mount(token="very-bad").node("gh:README").read_text())
    assert "very-bad" not in str(caught.value)


async def test_a_limit_that_is_used_up_is_an_error_that_names_its_end(github, work, mount, io):
    storage = mount()
    assert await io(storage.node("gh:README").exists())
    github.used, github.reset = github.limit, int(time.time()) + 3000
    until = time.strftime("%Y-%m-%dT%H:", time.gmtime(github.reset))
    count = len(github.asked)
    for _ in range(3):
        with pytest.raises(OSError, match=f"works again at {until}"):
            await io(storage.node("gh:README").read_bytes())
    assert len(github.asked) == count + 1


async def test_a_limit_that_ends_soon_is_waited_for(github, work, mount, io):
    github.secondary = {"Retry_After": "1"}
    refused = github.answer

    def once(target, headers):
        try:
            return refused(target, headers)
        finally:
            github.secondary = None

    github.answer = once
    assert await io(mount().node("gh:README").read_text()) == "hello\n"
    assert github.statuses()[:2] == [403, 200]


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"repo": "r"}, "org"),
        ({"org": "o"}, "repo"),
        ({"org": "o", "repo": "o/r"}, "repo"),
        ({"org": "o", "repo": "r", "username": "me"}, "username"),
        ({"org": "o", "repo": "r", "endpoint_url": "ftp://host"}, "endpoint_url"),
        ({"org": "o", "repo": "r", "refresh": -1}, "refresh"),
        ({"org": "o", "repo": "r", "lfs": "follow"}, "lfs"),
    ],
)
def test_a_wrong_option_is_named(options, key):
    with pytest.raises(StorageConfigError, match=f"'{key}'"):
        StorageManager().add_mount({"name": "gh", "protocol": "github", **options})


# --- another client of the same server ---


async def test_fsspec_sees_the_same(github, work, mount, io, monkeypatch):
    implementation = pytest.importorskip("fsspec.implementations.github")
    pytest.importorskip("requests")
    where = github.url + "/repos/{org}/{repo}"
    monkeypatch.setattr(implementation.GithubFileSystem, "url", where + "/git/trees/{sha}")
    monkeypatch.setattr(implementation.GithubFileSystem, "content_url", where + "/contents/{path}?ref={sha}")
    theirs = implementation.GithubFileSystem("owner", "project", sha="main", skip_instance_cache=True)
    ours = await io(mount().node("gh:").children())
    assert sorted(theirs.ls("", detail=False)) == [child.path for child in ours]
    sizes = {name: theirs.info(name)["size"] or 0 for name in theirs.ls("d/e", detail=False)}
    assert sizes == {child.path: await io(child.size()) for child in await io(mount().node("gh:d/e").children())}
    for name in ("README", "d/e/deep"):  # it does not encode names
        assert theirs.cat(name) == await io(mount().node(f"gh:{name}").read_bytes())
