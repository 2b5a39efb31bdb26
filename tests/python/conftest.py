"""Every `async def` test runs twice from one body: without an event loop and inside one.

    async def test_a_written_file_reads_back(node, io):
        await io(node.write_text("hello"))
        assert await io(node.read_text()) == "hello"

`io` waits for what a dual method gave, and checks that it was a value in the one world and an awaitable in the other.
short_suite.py says which tests run where only the build differs, on GENRO_TEST_SHORT.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import pytest

import short_suite
from azurite import azure, theirs  # noqa: F401  fixtures
from cloud import cloud  # noqa: F401  a fixture
from echo import echo  # noqa: F401  a fixture
from genro_storage import StorageManager, StorageNode
from old_library import OldLibrary
from shelf import Shelf
from stalling import stalling  # noqa: F401  a fixture
from trees import odd_tree, root  # noqa: F401  fixtures

Io = Callable[[Any], Awaitable[Any]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if inspect.iscoroutinefunction(metafunc.function):
        worlds = ["loop"] if metafunc.definition.get_closest_marker("loop_only") else ["sync", "loop"]
        metafunc.fixturenames.append("world")
        metafunc.parametrize("world", worlds, indirect=True)


def pytest_make_parametrize_id(val: object) -> str | None:
    """A long text is no name: the names of tests go between processes with every report, and into their environment."""
    long = isinstance(val, str | bytes) and len(val) > 200
    return f"{type(val).__name__} of {len(val)}" if long else None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    world = pyfuncitem.callspec.params["world"]
    scenario = pyfuncitem.obj(**arguments)
    if world == "loop":
        asyncio.run(scenario)
        return True
    try:
        scenario.send(None)
    except StopIteration:
        return True
    raise AssertionError("the scenario waited for something outside of an event loop")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "loop_only: the scenario has no meaning outside of an event loop")
    config.addinivalue_line("markers", "full_only: left out of the short suite, see short_suite.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if short_suite.is_wanted():
        short_suite.choose(config, items)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def io(world: str) -> Io:
    async def value_of(result: Any) -> Any:
        assert inspect.isawaitable(result) == (world == "loop")
        return await result if world == "loop" else result

    return value_of


S3_SERVERS = ("minio", "versitygw")


def s3_mount(name: str, server: str, *, versioned: bool = False) -> dict[str, Any]:
    """A mount on a real server on loopback, below a prefix of its own; skips when there is none."""
    variable = f"GENRO_TEST_{server.upper()}"
    if variable not in os.environ:
        pytest.skip(f"no {server}: {variable} is not set")
    return {
        "name": name,
        "protocol": "s3",
        "bucket": os.environ[f"{variable}{'_VERSIONED' if versioned else ''}_BUCKET"],
        # Directly below the bucket: versitygw keeps objects in folders, removes the empty ones above a deleted object,
        # and answers a PUT that is making its folder there meanwhile with ExistingObjectIsDirectory.
        "base_path": f"python-{uuid.uuid4().hex}",
        "region": os.environ[f"{variable}_REGION"],
        "endpoint_url": os.environ[variable],
        "access_key": os.environ[f"{variable}_ACCESS_KEY"],
        "secret_key": os.environ[f"{variable}_SECRET_KEY"],
    }


@pytest.fixture
def s3_config() -> Callable[..., dict[str, Any]]:
    """The function s3_mount(), for tests that need a server of their choice."""
    return s3_mount


@pytest.fixture
def boto_client() -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Makes another client of the server that a mount on S3 is configured for; skips when boto3 is not installed."""
    boto3 = pytest.importorskip("boto3")
    made = []

    def client_of(config: dict[str, Any]) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("AWS_PROFILE", raising=False)
            client = boto3.client(
                "s3",
                endpoint_url=config["endpoint_url"],
                aws_access_key_id=config["access_key"],
                aws_secret_access_key=config["secret_key"],
                region_name=config["region"],
            )
        made.append(client)
        return client

    yield client_of
    for client in made:
        client.close()


@pytest.fixture
def on_uvloop() -> Callable[[Callable[[], Coroutine[Any, Any, Any]]], Awaitable[Any]]:
    """Runs a coroutine function in a thread that has an uvloop; skips when there is none."""
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")

    def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())

    return lambda work: asyncio.to_thread(run, work)


@pytest.fixture
def storage(tmp_path: Any) -> StorageManager:
    """A manager with `home` (local), `mem` (memory, empty) and `b64`."""
    manager = StorageManager()
    home = tmp_path / "home"
    home.mkdir()
    manager.configure(
        [
            {"name": "home", "protocol": "local", "base_path": str(home)},
            {"name": "mem", "protocol": "memory", "base_path": f"test-{uuid.uuid4().hex}"},
            {"name": "b64", "protocol": "base64"},
        ]
    )
    return manager


@pytest.fixture(params=["mem", "home", "minio", "versitygw"])
def mount(request: pytest.FixtureRequest, storage: StorageManager) -> Iterator[str]:
    """The name of a writable mount; S3 only where a real server runs."""
    if request.param in S3_SERVERS:
        storage.add_mount(s3_mount(request.param, request.param))
    yield request.param
    if request.param in S3_SERVERS:
        storage.node(request.param, "").delete()


@pytest.fixture
def shelf(storage: StorageManager) -> Shelf:
    """A backend that is written in Python, mounted as `shelf`."""
    backend = Shelf()
    storage._mounts["shelf"] = backend
    return backend


@pytest.fixture(params=["minio", "versitygw", "moto"])
def server(request: pytest.FixtureRequest) -> str:
    """The name of a server that keeps versions."""
    return request.param


@pytest.fixture
def vault(storage: StorageManager, server: str) -> StorageManager:
    """A manager with `vault`, a mount of a versioned bucket, and `plain`, one of a bucket without versions."""
    storage.add_mount(s3_mount("vault", server, versioned=True))
    storage.add_mount(s3_mount("plain", server))
    return storage


@pytest.fixture
def file(vault: StorageManager) -> StorageNode:
    """A file with three versions: one, two, three."""
    node = vault.node("vault:dir/a.txt")
    for text in ("one", "two", "three"):
        node.write_text(text)
    return node


@pytest.fixture(scope="module")
def old() -> Iterator[OldLibrary]:
    """genro-storage 0.8, in a process of its own; skips when it is not installed."""
    python = os.environ.get("GENRO_TEST_OLD_LIBRARY")
    if not python:
        pytest.skip("genro-storage 0.8 is not installed: GENRO_TEST_OLD_LIBRARY is not set")
    library = OldLibrary(python)
    yield library
    library.close()


@pytest.fixture
def temporary(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Temporary files of the test in a folder of their own, which must be empty at its end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert os.listdir(folder) == []
