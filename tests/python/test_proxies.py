"""S3 through a real proxy on loopback: tunnels to a server with TLS, whole requests to one without."""

from __future__ import annotations

import os
import socket

import pytest

from genro_storage.exceptions import (
    StorageAuthenticationError,
    StorageConfigError,
    StorageConnectionError,
    StorageTimeoutError,
)
from proxy import Proxy

BODY = os.urandom(3 << 20)
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")


@pytest.fixture
def proxy(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    proxy = Proxy()
    yield proxy
    proxy.close()


@pytest.fixture
def guarded(proxy):
    """A proxy that asks for a password."""
    proxy = Proxy("us@er", "pass:word")
    yield proxy
    proxy.close()


@pytest.fixture(params=["minio_tls", "minio"])
def scheme(request):
    return "https" if request.param == "minio_tls" else "http"


@pytest.fixture
def mounted(proxy, scheme, storage, s3_config):
    """Mounts the server as `far` with these keys and gives a node of it; `near` is the same without a proxy."""
    config = s3_config("near", "minio_tls" if scheme == "https" else "minio")
    if scheme == "https":
        config["ca_file"] = os.environ["GENRO_TEST_MINIO_TLS_CA"]
    storage.add_mount(config | {"proxy": "direct"})

    def mount(path="file", **keys):
        storage.add_mount(config | {"name": "far"} | keys)
        return storage.node("far", path)

    mount.authority = config["endpoint_url"].partition("//")[2]
    yield mount
    storage.node("near:").delete()


over_tls = pytest.mark.parametrize("scheme", ["https"])
in_the_clear = pytest.mark.parametrize("scheme", ["http"])


def used(proxy, scheme):
    return bool(proxy.tunnels if scheme == "https" else proxy.requests)


async def test_what_is_written_through_a_proxy_reads_back_through_it(mounted, proxy, scheme, storage, io):
    node = mounted(proxy=proxy.url)
    await io(node.write_bytes(BODY))
    assert await io(node.read_bytes()) == BODY
    assert await io(storage.node("near:file").read_bytes()) == BODY
    assert [child.basename for child in await io(storage.node("far:").children())] == ["file"]
    await io(node.delete())
    assert await io(node.exists()) is False
    if scheme == "https":
        assert set(proxy.tunnels) == {mounted.authority}
        assert proxy.requests == []
    else:
        assert {f"PUT {mounted.authority}", f"GET {mounted.authority}"} <= set(proxy.requests)
        assert proxy.tunnels == []


async def test_an_upload_in_parts_passes_a_proxy(mounted, proxy, scheme, storage, io):
    content = os.urandom(1 << 20) * 12
    await io(mounted(proxy=proxy.url, part_size=5 << 20).write_bytes(content))
    assert await io(storage.node("near:file").read_bytes()) == content
    assert await io(storage.node("far:file").read_bytes()) == content


async def test_a_connection_through_a_proxy_is_kept_and_used_again(mounted, proxy, scheme, io):
    node = mounted(proxy=proxy.url)
    await io(node.write_text("x"))
    for _ in range(10):
        assert await io(node.read_text()) == "x"
    assert proxy.connections == 1
    assert len(proxy.tunnels) == (scheme == "https")


@pytest.mark.parametrize("variable", ["SCHEME_PROXY", "scheme_proxy", "ALL_PROXY", "all_proxy"])
async def test_the_environment_names_the_proxy(mounted, proxy, scheme, monkeypatch, variable, io):
    monkeypatch.setenv(variable.replace("SCHEME", scheme.upper()).replace("scheme", scheme), proxy.url)
    await io(mounted().write_text("x"))
    assert used(proxy, scheme)


async def test_the_variable_of_the_other_scheme_says_nothing(mounted, proxy, scheme, monkeypatch, io):
    monkeypatch.setenv("HTTP_PROXY" if scheme == "https" else "HTTPS_PROXY", proxy.url)
    await io(mounted().write_text("x"))
    assert proxy.connections == 0


async def test_no_proxy_goes_around_it(mounted, proxy, scheme, monkeypatch, io):
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "files.example.com, 127.0.0.0/8")
    await io(mounted().write_text("x"))
    assert proxy.connections == 0


async def test_the_mount_overrules_the_environment(mounted, proxy, scheme, monkeypatch, io):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    await io(mounted(proxy=proxy.url).write_text("x"))
    assert used(proxy, scheme)
    before = proxy.connections
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    monkeypatch.delenv("NO_PROXY")
    assert await io(mounted(proxy="direct").read_text()) == "x"
    assert proxy.connections == before


async def test_a_mount_follows_the_environment_of_its_time(mounted, proxy, scheme, monkeypatch, storage, io):
    """Although a pool of connections without the proxy is still there."""
    before = mounted()
    await io(before.write_text("x"))
    storage._mounts["kept"] = storage._mounts["far"]
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    assert await io(mounted().read_text()) == "x"
    assert used(proxy, scheme)


async def test_a_password_opens_the_proxy(mounted, guarded, scheme, io):
    node = mounted(proxy=f"http://us%40er:pass%3Aword@127.0.0.1:{guarded.port}")
    await io(node.write_text("x"))
    assert await io(node.read_text()) == "x"
    assert used(guarded, scheme)


@pytest.mark.parametrize("user", ["", "us%40er:hidden-word@"])
async def test_a_wrong_or_missing_password_is_told_at_once_and_not_repeated_to_anybody(
    mounted, guarded, scheme, user, io
):
    node = mounted(proxy=f"http://{user}127.0.0.1:{guarded.port}")
    for use in (node.read_bytes, lambda: node.write_text("x"), node.exists):
        with pytest.raises(StorageAuthenticationError) as caught:
            await io(use())
        text = f"{caught.value} {caught.value!r} {vars(caught.value)}"
        assert f"the proxy 127.0.0.1:{guarded.port} refused" in text
        assert "407" in text
        assert "hidden-word" not in text
        assert "Basic" not in text
    assert guarded.connections == 3


@over_tls
@pytest.mark.parametrize("status", [403, 502])
async def test_a_proxy_that_refuses_a_tunnel_is_a_connection_error_that_names_it(mounted, proxy, status, io):
    proxy.refusing = status
    with pytest.raises(StorageConnectionError, match=f"the proxy 127.0.0.1:{proxy.port} refused.*HTTP {status}"):
        await io(mounted(proxy=proxy.url).read_bytes())
    assert len(proxy.tunnels) == 1 if status == 403 else len(proxy.tunnels) > 1


@in_the_clear
async def test_what_a_proxy_answers_by_itself_is_never_content(mounted, proxy, storage, io):
    await io(storage.node("near:file").write_text("x"))
    node = mounted(proxy=proxy.url)
    proxy.refusing = 403
    with pytest.raises(PermissionError):
        await io(node.read_bytes())
    proxy.refusing = 502
    with pytest.raises(OSError):
        await io(node.write_text("y"))
    assert await io(storage.node("near:file").read_text()) == "x"


async def test_a_proxy_that_is_not_there_is_a_connection_error_that_names_it(mounted, proxy, scheme, io):
    with socket.socket() as taken:  # and not listened on: nobody else gets the port meanwhile
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(StorageConnectionError, match=f"the proxy 127.0.0.1:{port} cannot be reached"):
            await io(mounted(proxy=f"http://127.0.0.1:{port}").read_bytes())


async def test_a_proxy_that_closes_without_a_word_is_a_connection_error_that_names_it(mounted, proxy, scheme, io):
    proxy.silent = True
    with pytest.raises(StorageConnectionError, match=f"the proxy 127.0.0.1:{proxy.port}"):
        await io(mounted(proxy=proxy.url).read_bytes())


@over_tls
async def test_a_slow_answer_to_connect_is_waited_for(mounted, proxy, io):
    proxy.dawdles = 0.3
    node = mounted(proxy=proxy.url, connect_timeout=60)
    await io(node.write_text("x"))
    assert await io(node.read_text()) == "x"


@over_tls
@pytest.mark.parametrize("fault", ["dawdles", "dribbles"])
async def test_an_answer_to_connect_counts_as_connecting(mounted, proxy, fault, io):
    setattr(proxy, fault, 600 if fault == "dawdles" else 0.2)
    with pytest.raises(StorageTimeoutError, match=f"the proxy 127.0.0.1:{proxy.port}"):
        await io(mounted(proxy=proxy.url, connect_timeout=0.1).read_bytes())
    proxy.wait_for_connections(2)  # it may learn only now of those that were given up


@over_tls
async def test_a_read_goes_on_where_its_tunnel_was_cut(mounted, proxy, storage, io):
    await io(storage.node("near:file").write_bytes(BODY))
    proxy.cuts_down = [1_000_000, 500_000]
    node = mounted(proxy=proxy.url)
    assert await io(node.read_bytes()) == BODY
    assert proxy.cuts_down == []
    assert len(proxy.tunnels) == 3
    assert proxy.brought < len(BODY) + 400_000  # what had come was not fetched again


@over_tls
async def test_a_write_whose_tunnel_was_cut_in_the_middle_is_whole(mounted, proxy, storage, io):
    proxy.cuts_up = [1_000_000]
    await io(mounted(proxy=proxy.url).write_bytes(BODY))
    assert await io(storage.node("near:file").read_bytes()) == BODY
    assert proxy.cuts_up == []
    assert len(proxy.tunnels) == 2


def far_name(mounted, proxy, host):
    """The server's address under a name that only the proxy can resolve."""
    address, port = mounted.authority.split(":")
    proxy.names[f"{host}:{port}"] = (address, int(port))
    return f"{host}:{port}"


async def test_the_proxy_resolves_the_name_of_the_server(mounted, proxy, scheme, io):
    authority = far_name(mounted, proxy, "files.invalid")
    node = mounted(proxy=proxy.url, endpoint_url=f"{scheme}://{authority}", verify_ssl=False)
    await io(node.write_text("x"))
    assert await io(node.read_text()) == "x"


@over_tls
async def test_the_certificate_must_be_of_the_server_and_not_of_the_proxy(mounted, proxy, io):
    """It is of 127.0.0.1, where the proxy stands, and of localhost."""
    other = far_name(mounted, proxy, "files.invalid")
    with pytest.raises(StorageConnectionError, match="certificate") as caught:
        await io(mounted(proxy=proxy.url, endpoint_url=f"https://{other}").read_bytes())
    assert "files.invalid" in str(caught.value)
    assert len(proxy.tunnels) == 1
    _, port = mounted.authority.split(":")
    node = mounted(proxy=f"http://localhost:{proxy.port}", endpoint_url=f"https://localhost:{port}")
    await io(node.write_text("x"))
    assert proxy.tunnels[1:] == [f"localhost:{port}"]


@over_tls
async def test_an_authority_that_is_not_known_is_refused_through_a_proxy_too(mounted, proxy, io):
    with pytest.raises(StorageConnectionError, match="certificate"):
        await io(mounted(proxy=proxy.url, ca_file="").read_bytes())


@pytest.mark.parametrize("url", ["socks5://user:hidden-word@h", "https://user:hidden-word@h", "http://", "http://h:x"])
def test_a_proxy_that_cannot_be_used_is_a_configuration_error_at_once(storage, url):
    with pytest.raises(StorageConfigError, match="proxy") as caught:
        storage.add_mount({"name": "far", "protocol": "s3", "bucket": "b", "proxy": url})
    assert "hidden-word" not in str(caught.value)
