"""doctor() of a manager: it tells what works on a mount and what is broken, and leaves nothing behind."""

import asyncio
import base64
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

import genro_storage
from azurite import azure_mount
from cloud import Cloud, cloud_mount
from genro_storage.exceptions import StorageNotFoundError


def outcomes(diagnosis):
    return {finding.check: finding.outcome for finding in diagnosis.findings}


def environment(name):
    if name not in os.environ:
        pytest.skip(f"no server: {name} is not set")
    return os.environ[name]


def mount_on(server, tmp_path, s3_config):
    below = f"python-{uuid.uuid4().hex}"
    if server == "local":
        return {"protocol": "local", "base_path": str(tmp_path)}
    if server == "memory":
        return {"protocol": "memory"}
    if server == "gcs":
        bucket = {
            "bucket": environment("GENRO_TEST_FAKE_GCS_BUCKET"),
            "endpoint_url": os.environ["GENRO_TEST_FAKE_GCS"],
        }
        return {"protocol": "gcs", "base_path": below, "token": "anon", "project": "genro-test", **bucket}
    if server == "azurite":
        return azure_mount("m")
    if server == "apache":
        return {"protocol": "webdav", "url": environment("GENRO_TEST_APACHE") + "/dav"}
    if server == "wsgidav":
        return {"protocol": "webdav", "url": environment("GENRO_TEST_WSGIDAV") + "/open"}
    return s3_config("m", server)


@pytest.fixture
def repository():
    """The keys of a mount, without a token, of a repository with one file."""
    endpoint = environment("GENRO_TEST_GITHUB")
    folder = Path(os.environ["GENRO_TEST_GITHUB_FOLDER"]) / f"python-{uuid.uuid4().hex}"
    folder.mkdir()
    (folder / "README").write_text("hello\n")
    yield {"protocol": "github", "endpoint_url": endpoint, "org": "test", "repo": folder.name}
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "server", ["local", "memory", "minio", "versitygw", "moto", "gcs", "azurite", "apache", "wsgidav"]
)
async def test_a_mount_that_works_passes_all_checks_and_keeps_nothing(server, storage, tmp_path, s3_config, io):
    storage.add_mount({**mount_on(server, tmp_path, s3_config), "name": "m"})
    diagnosis = await io(storage.doctor("m"))
    assert diagnosis.ok, str(diagnosis)
    assert type(diagnosis) is genro_storage.Diagnosis
    assert {type(finding) for finding in diagnosis.findings} == {genro_storage.Finding}
    seen = outcomes(diagnosis)
    for check in ("finds", "lists", "latency", "writes", "reads back", "removes", "nothing left"):
        assert seen[check] == "ok", str(diagnosis)
    assert diagnosis.latency >= 0
    names = [child.basename for child in await io(storage.node("m:").children())]
    assert not [name for name in names if name.startswith(".genro-doctor-")]


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"endpoint_url": "http://no-such-host.invalid"}, "connects", "no-such-host.invalid"),
        ({"endpoint_url": "http://127.0.0.1:1"}, "connects", "127.0.0.1:1"),
        ({"secret_key": "not-the-secret"}, "authenticates", "credentials"),
        ({"bucket": "no-such-bucket-anywhere"}, "finds", "bucket"),
    ],
)
async def test_the_first_thing_that_is_broken_is_named_with_what_to_change(
    change, check, words, storage, s3_config, io
):
    config = s3_config("m", "minio") | change
    storage.add_mount(config)
    diagnosis = await io(storage.doctor("m"))
    last = diagnosis.findings[-1]
    assert (diagnosis.ok, last.check, last.outcome) == (False, check, "failed"), str(diagnosis)
    assert words in last.text + last.advice
    assert last.advice
    assert config["secret_key"] not in str(diagnosis)


async def test_a_read_only_mount_gets_no_probe(storage, tmp_path, io):
    storage.add_mount({"name": "m", "protocol": "local", "base_path": str(tmp_path), "permissions": "readonly"})
    diagnosis = await io(storage.doctor("m"))
    assert diagnosis.ok
    assert outcomes(diagnosis)["writes"] == "skipped"


async def test_a_repository_is_examined_without_being_written_to_or_named_an_account(storage, io, repository):
    storage.add_mount({"name": "m", **repository})
    diagnosis = await io(storage.doctor("m"))
    assert diagnosis.ok, str(diagnosis)
    seen = outcomes(diagnosis)
    assert [seen[check] for check in ("connects", "finds", "lists", "latency")] == ["ok"] * 4, str(diagnosis)
    assert seen["writes"] == "skipped"
    assert "account" not in str(diagnosis)


async def test_a_repository_that_is_not_there_is_named(storage, io, repository):
    storage.add_mount({"name": "m", **repository, "repo": "no-such-repository"})
    diagnosis = await io(storage.doctor("m"))
    last = diagnosis.findings[-1]
    assert (last.check, last.outcome) == ("finds", "failed"), str(diagnosis)
    assert "repository" in last.advice


async def test_a_wrong_azure_key_is_named_and_not_shown(storage, io):
    key = base64.b64encode(b"not the key of this account").decode()
    storage.add_mount(azure_mount("m") | {"account_key": key})
    diagnosis = await io(storage.doctor("m"))
    last = diagnosis.findings[-1]
    assert (last.check, last.outcome) == ("authenticates", "failed"), str(diagnosis)
    assert key not in str(diagnosis)


async def test_no_probe_is_written_where_none_is_wanted(storage, tmp_path, io):
    storage.add_mount({"name": "m", "protocol": "local", "base_path": str(tmp_path)})
    assert outcomes(await io(storage.doctor("m", write=False)))["writes"] == "skipped"


EXAMINE_A_SMALL_DISK = """
import sys
from genro_storage import StorageManager
storage = StorageManager()
storage.add_mount({"name": "m", "protocol": "local", "base_path": sys.argv[1]})
[space] = [finding for finding in storage.doctor("m").findings if finding.check == "free space"]
print(space.outcome, "|", space.text, "|", space.advice)
"""


def test_a_disk_that_is_almost_full_gives_a_warning(tmp_path):
    mount = 'mount -t tmpfs -o size=16m tmpfs "$1" && exec "${@:2}"'
    command = ["unshare", "--map-root-user", "--mount", "bash", "-c", mount, "bash", str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a file system in a namespace")
    examining = [*command, sys.executable, "-c", EXAMINE_A_SMALL_DISK, str(tmp_path)]
    told = subprocess.run(examining, capture_output=True, text=True, check=True).stdout
    assert told == "warning | 16 of 16 MiB are free | free space, or raise the quota\n"


async def test_free_space_is_told_of_the_disk_below_a_local_mount(storage, tmp_path, io):
    storage.add_mount({"name": "m", "protocol": "local", "base_path": str(tmp_path)})
    [space] = [finding for finding in (await io(storage.doctor("m"))).findings if finding.check == "free space"]
    free, of, whole = space.text.split()[:3]
    disk = shutil.disk_usage(tmp_path)
    assert (of, int(whole)) == ("of", disk.total >> 20)
    assert 0 <= int(free) <= disk.total >> 20
    scarce = int(free) < 100 or int(free) < int(whole) / 100
    assert space.outcome == ("warning" if scarce else "ok")


class Careless(Cloud):
    def condition_fails(self, request, name):
        return False


async def test_a_server_that_ignores_conditions_gives_a_warning(storage, io):
    server = Careless()
    try:
        storage.add_mount(cloud_mount(server))
        diagnosis = await io(storage.doctor("g"))
        assert outcomes(diagnosis)["conditional put"] == "warning", str(diagnosis)
        assert diagnosis.ok
        assert not server.live
    finally:
        server.stop()


class Ahead(Cloud):
    def put(self, *arguments, **fields):
        made = super().put(*arguments, **fields)
        made.created = time.time() + 3600
        return made


async def test_a_server_whose_clock_is_an_hour_ahead_gives_a_warning(storage, io):
    server = Ahead()
    try:
        storage.add_mount(cloud_mount(server))
        diagnosis = await io(storage.doctor("g"))
        assert outcomes(diagnosis)["clock"] == "warning", str(diagnosis)
        assert 3590 < diagnosis.clock_skew < 3610
    finally:
        server.stop()


class Holding(Cloud):
    """Never gives the answer to the request that `held` picks, but does what it asks for."""

    def __init__(self, held):
        self.held, self.reached, self.ended = held, threading.Event(), threading.Event()
        super().__init__()

    def answer(self, request, connection):
        answer = self.usual(request)
        if not self.held(request):
            return answer
        self.reached.set()
        self.ended.wait(60)
        return None


@pytest.mark.loop_only
@pytest.mark.parametrize(
    "held",
    [
        pytest.param(lambda request: request.method == "POST", id="while the probe is written"),
        pytest.param(lambda request: request.query.get("alt") == "media", id="while it is read back"),
    ],
)
async def test_nothing_is_left_when_the_call_is_cancelled(held, storage):
    server = Holding(held)
    try:
        storage.add_mount(cloud_mount(server))
        examining = asyncio.ensure_future(storage.doctor("g"))
        assert await asyncio.to_thread(server.reached.wait, 60)
        assert len(server.live) == 1
        examining.cancel()
        with pytest.raises(asyncio.CancelledError):
            await examining
        assert await asyncio.to_thread(server.wait_until, lambda: not server.live)
    finally:
        server.ended.set()
        server.stop()


async def test_what_cannot_be_asked_is_an_error(storage, io):
    with pytest.raises(ValueError, match="within"):
        await io(storage.doctor("mem", within=0))
    with pytest.raises(StorageNotFoundError, match="nowhere"):
        await io(storage.doctor("nowhere"))
