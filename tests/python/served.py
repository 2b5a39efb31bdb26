"""Served: a place on each kind of server that a mount can be of, behind a Gate, and mounts that have something wrong.

The fixture `served` of the tests that say what all protocols keep to. Servers are real ones where any runs on loopback;
what they cannot be brought to, such as looking at tokens, is asked of Cloud.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from azurite import azure_mount
from cloud import Cloud, cloud_mount
from gate import Gate
from genro_storage import StorageManager
from github_server import GithubServer
from other_clients import (
    client_of,
    kept_by_azure,
    kept_by_s3,
    kept_by_webdav,
    media_type_on_azure,
    media_type_on_gcs,
    media_type_on_s3,
)

Config = dict[str, Any]


@dataclass
class Served:
    """`config` is that of a mount through the gate; `fill` puts contents there as another client does.

    `leftovers` are what yet another client sees there: names, and uploads that are not done.

    `wrong` are mounts like it that have one thing wrong: credentials that are "missing", "wrong" or "expired",
    "no_place" (bucket, container, repository) of that name, and those who are "forbidden" what they ask. None: this
    server has nothing of the kind.
    """

    name: str
    config: Config
    gate: Gate
    fill: Callable[[dict[str, bytes]], None]
    leftovers: Callable[[], set[str]] = set
    media_type: Callable[[str], str] | None = None  # of a file, as yet another client is told it
    wrong: dict[str, Config | None] = field(default_factory=dict)
    writable: bool = True
    sums_down: bool = False  # what is read is compared with a checksum
    sums_up: bool = False  # what is written is
    lists: bool = True
    cuts_names: str = ""  # characters that this server keeps in no name

    def mounted(self, name: str = "there", **more: Any) -> StorageManager:
        storage = StorageManager()
        storage.add_mount(self.config | {"name": name} | more)
        return storage


def from_environment(variable: str) -> str:
    if variable not in os.environ:
        pytest.skip(f"no server: {variable} is not set")
    return os.environ[variable]


def filled_by(direct: Config) -> Callable[[dict[str, bytes]], None]:
    """By the library itself, past the gate and outside of event loops. Other tests show what it writes to others."""
    storage = StorageManager()
    storage.add_mount(direct | {"name": "direct"})

    def fill(files: dict[str, bytes]) -> None:
        def write_all() -> None:
            for path, content in files.items():
                storage.node("direct", path).write_bytes(content)

        with ThreadPoolExecutor(1) as thread:
            thread.submit(write_all).result()

    return fill


@contextmanager
def behind_gate(name: str, direct: Config, key: str = "endpoint_url", **more: Any) -> Iterator[Served]:
    gate = Gate(direct[key])
    wrong = {what: config and {**direct, key: gate.url, **config} for what, config in more.pop("wrong", {}).items()}
    config = {**direct, key: gate.url}
    try:
        yield Served(name, config, gate, more.pop("fill", None) or filled_by(direct), wrong=wrong, **more)
    finally:
        gate.close()


@contextmanager
def emptied(direct: Config, path: str = "") -> Iterator[None]:
    try:
        yield
    finally:
        storage = StorageManager()
        storage.add_mount(direct | {"name": "direct"})
        storage.node("direct", path).delete()


# The servers


@contextmanager
def minio(tmp_path: Path) -> Iterator[Served]:
    endpoint = from_environment("GENRO_TEST_MINIO")
    direct = {
        "protocol": "s3",
        "bucket": os.environ["GENRO_TEST_MINIO_BUCKET"],
        "base_path": f"python-{uuid.uuid4().hex}",
        "region": os.environ["GENRO_TEST_MINIO_REGION"],
        "endpoint_url": endpoint,
        "access_key": os.environ["GENRO_TEST_MINIO_ACCESS_KEY"],
        "secret_key": os.environ["GENRO_TEST_MINIO_SECRET_KEY"],
    }
    wrong: dict[str, Config | None] = {
        "missing": {"anon": True, "access_key": None, "secret_key": None},
        "wrong": {"secret_key": "wrong"},
        "expired": None,  # the shortest that MinIO gives lasts a quarter of an hour: see test_late_credentials
        "no_place": {"bucket": "no-such-bucket"},
        "forbidden": reader_of(direct),
    }
    with (
        emptied(direct),
        behind_gate(
            "minio",
            direct,
            wrong=wrong,
            leftovers=lambda: kept_by_s3(direct),
            media_type=lambda path: media_type_on_s3(direct, path),
            sums_down=True,
            sums_up=True,
        ) as served,
    ):
        yield served


def reader_of(direct: Config) -> Config | None:
    """The credentials of a session that may only read."""
    client = client_of("sts", direct)
    policy = """{"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::*"]}]}"""
    given = client.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="reader", Policy=policy)[
        "Credentials"
    ]
    client.close()
    return {
        "access_key": given["AccessKeyId"],
        "secret_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }


@contextmanager
def azurite(tmp_path: Path) -> Iterator[Served]:
    direct = azure_mount("x")
    keyless = {"account_key": None}
    wrong: dict[str, Config | None] = {
        "missing": keyless | {"anon": True},
        "wrong": {"account_key": "d3Jvbmc="},
        "expired": keyless | {"sas_token": shared_access(direct, "rwlcd", timedelta(hours=-1))},
        "no_place": {"container": "no-such-container"},
        "forbidden": keyless | {"sas_token": shared_access(direct, "rl", timedelta(hours=1))},
    }
    with (
        emptied(direct),
        behind_gate(
            "azurite",
            direct,
            wrong=wrong,
            leftovers=lambda: kept_by_azure(direct),
            media_type=lambda path: media_type_on_azure(direct, path),
            sums_up=True,
        ) as served,
    ):
        yield served


def shared_access(direct: Config, permissions: str, lasts: timedelta) -> str:
    blob = pytest.importorskip("azure.storage.blob", reason="azure-storage-blob is not installed")
    return blob.generate_container_sas(
        direct["account_name"],
        direct["container"],
        account_key=direct["account_key"],
        permission=permissions,
        start=datetime.now(UTC) - timedelta(hours=2),
        expiry=datetime.now(UTC) + lasts,
    )


@contextmanager
def fake_gcs(tmp_path: Path) -> Iterator[Served]:
    endpoint = from_environment("GENRO_TEST_FAKE_GCS")
    direct = {
        "protocol": "gcs",
        "bucket": os.environ["GENRO_TEST_FAKE_GCS_BUCKET"],
        "base_path": f"python-{uuid.uuid4().hex}",
        "endpoint_url": endpoint,
        "token": "anon",
        "project": "genro-test",
    }
    wrong: dict[str, Config | None] = {"no_place": {"bucket": "no-such-bucket"}}  # it looks at no tokens
    with (
        emptied(direct),
        behind_gate(
            "fake_gcs",
            direct,
            wrong=wrong,
            media_type=lambda path: media_type_on_gcs(direct, path),
            sums_down=True,
            sums_up=True,
        ) as served,
    ):
        yield served


class StrictCloud(Cloud):
    """Looks at tokens: "good" may all, "reader" only read. What it hands out is the name of who asks."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = {"good", "reader"}

    def login(self, who: str) -> str:
        login = {"type": "authorized_user", "client_id": "id", "client_secret": "s", "refresh_token": who}
        return json.dumps(login | {"token_uri": f"{self.url}/token"})

    def hand_out(self, request: Any) -> bytes:
        who = parse_qs(request.body.decode())["refresh_token"][0]
        if who == "revoked":
            return super().hand_out(request)
        return self.json({"access_token": who, "expires_in": 3599, "token_type": "Bearer"})

    def service(self, request: Any) -> bytes:
        reads = request.method == "GET"
        if request.headers.get("authorization") == "Bearer reader" and not reads:
            return self.wrong(403, "forbidden", "reader does not have storage.objects.create access")
        return super().service(request)


@contextmanager
def cloud(tmp_path: Path) -> Iterator[Served]:
    server = StrictCloud()
    direct = cloud_mount(server, token=server.login("good"))
    wrong: dict[str, Config | None] = {
        "missing": {"token": "anon"},
        "wrong": {"token": server.login("bad")},
        "expired": {"token": server.login("revoked")},
        "no_place": {"bucket": "no-such-bucket"},
        "forbidden": {"token": server.login("reader")},
    }

    def leftovers() -> set[str]:
        return set(server.live) | {f"session {name}" for name, one in server.sessions.items() if not one["done"]}

    with behind_gate("cloud", direct, wrong=wrong, leftovers=leftovers, sums_down=True, sums_up=True) as served:
        yield served
    server.stop()


def webdav(name: str, variable: str, ways: dict[str, str], **more: Any) -> Callable[[Path], Any]:
    @contextmanager
    def serve(tmp_path: Path) -> Iterator[Served]:
        endpoint = from_environment(variable)
        folder = f"python-{uuid.uuid4().hex}"
        login = {"username": os.environ[f"{variable}_USER"], "password": os.environ[f"{variable}_PASSWORD"]}
        direct = {"protocol": "webdav", "url": endpoint, "base_path": f"{ways['closed']}/{folder}"} | login
        wrong: dict[str, Config | None] = {
            "missing": {"username": None, "password": None},
            "wrong": {"password": "wrong"},
            "expired": None,  # a password does not
            "no_place": None,  # a folder that nobody has made is one that is empty
            "forbidden": {"base_path": f"{ways['read']}/{folder}"} if "read" in ways else None,
        }
        with (
            emptied(direct | {"base_path": ways["closed"]}, folder),
            behind_gate(name, direct, "url", wrong=wrong, leftovers=lambda: kept_by_webdav(direct), **more) as served,
        ):
            yield served

    return serve


@contextmanager
def nginx(tmp_path: Path) -> Iterator[Served]:
    endpoint = from_environment("GENRO_TEST_NGINX")
    name = f"python-{uuid.uuid4().hex}"
    folder = Path(os.environ["GENRO_TEST_NGINX_FOLDER"], name)
    folder.mkdir()
    login = {"username": os.environ["GENRO_TEST_NGINX_USER"], "password": os.environ["GENRO_TEST_NGINX_PASSWORD"]}
    direct = {"protocol": "http", "base_path": f"{endpoint}/private/{name}/"} | login
    wrong: dict[str, Config | None] = {
        "missing": {"username": None, "password": None},
        "wrong": {"password": "wrong"},
        "expired": None,
        "no_place": None,
        "forbidden": None,
    }
    try:
        with behind_gate(
            "nginx", direct, "base_path", fill=filled_in(folder), wrong=wrong, writable=False, lists=False
        ) as served:
            yield served
    finally:
        shutil.rmtree(folder)


def filled_in(folder: Path) -> Callable[[dict[str, bytes]], None]:
    def fill(files: dict[str, bytes]) -> None:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)

    return fill


@contextmanager
def github(tmp_path: Path) -> Iterator[Served]:
    from git_repository import PublishedFolder

    folder, repository = tmp_path / "published", tmp_path / "repository"
    folder.mkdir()
    published = PublishedFolder(folder, repository)
    server = GithubServer().start()
    server.repositories["owner/project"] = repository
    server.private, server.tokens = {"owner/project"}, {"good"}
    direct = {"protocol": "github", "org": "owner", "repo": "project", "endpoint_url": server.url, "token": "good"}
    wrong: dict[str, Config | None] = {
        "missing": {"token": None},
        "wrong": {"token": "bad"},
        "expired": {"token": "old"},
        "no_place": {"repo": "no-such-repository"},
        "forbidden": None,  # a repository that is not for everybody is not there for the others
    }
    put = filled_in(folder)

    def fill(files: dict[str, bytes]) -> None:
        put(files)
        published.commit()

    try:
        with behind_gate(
            "github", direct | {"refresh": 0}, fill=fill, wrong=wrong, writable=False, sums_down=True
        ) as served:
            yield served
    finally:
        server.close()


SERVERS: dict[str, Callable[[Path], Any]] = {
    "minio": minio,
    "fake_gcs": fake_gcs,
    "cloud": cloud,
    "azurite": azurite,
    "apache": webdav("apache", "GENRO_TEST_APACHE", {"closed": "basic", "read": "read"}),
    "wsgidav": webdav("wsgidav", "GENRO_TEST_WSGIDAV", {"closed": "closed"}, cuts_names="?;"),
    "nginx": nginx,
    "github": github,
}
WRITABLE = ("minio", "fake_gcs", "cloud", "azurite", "apache", "wsgidav")


@pytest.fixture(params=SERVERS)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    with SERVERS[request.param](tmp_path) as made:
        yield made


@pytest.fixture(params=WRITABLE)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Those that can be written to."""
    with SERVERS[request.param](tmp_path) as made:
        yield made
