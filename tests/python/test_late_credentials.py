"""Credentials that a service gives late hold up what needs them, and nothing else."""

import asyncio
import json
import threading

import pytest

from bucket import bucket, mount_of  # noqa: F401  a fixture
from stalling import LoopbackServer

ANSWER = {
    "AccessKeyId": "LATE",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}


class Service(LoopbackServer):
    """Hands out credentials when it is told to, from a thread of this very interpreter."""

    def __init__(self):
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        super().__init__()

    def one(self, connection):
        connection.recv(65536)
        self.asked.set()
        self.may_answer.wait(60)
        body = json.dumps(ANSWER).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        connection.recv(1)


@pytest.fixture
def service(storage, bucket, monkeypatch, tmp_path):  # noqa: F811
    """The only source of the credentials of the mount `keyless`."""
    server = Service()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/credentials")
    config = mount_of(bucket, "keyless")
    storage.add_mount({name: value for name, value in config.items() if name not in ("access_key", "secret_key")})
    yield server
    server.may_answer.set()
    server.stop()


async def test_a_link_waits_for_credentials_and_lets_other_threads_run(storage, service, io):
    service.may_answer.set()
    assert "X-Amz-Credential=LATE" in storage.node("keyless:a").url()


@pytest.mark.loop_only
async def test_others_go_on_while_a_link_waits(storage, service, bucket):  # noqa: F811
    bucket.objects["a"] = b"content"
    linking = asyncio.create_task(asyncio.to_thread(storage.node("keyless:a").url))
    reading = asyncio.create_task(storage.node("keyless:a").read_bytes())
    assert await asyncio.to_thread(service.asked.wait, 60)
    assert await storage.node("b:a").read_bytes() == b"content"
    assert not linking.done()
    assert not reading.done()
    service.may_answer.set()
    assert "X-Amz-Credential=LATE" in await linking
    assert await reading == b"content"
