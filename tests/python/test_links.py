"""url() and internal_url(), plain everywhere."""

import inspect
import time
import urllib.error
import urllib.request

import pytest


def fetch(link):
    with urllib.request.urlopen(link) as answer:
        return answer.read(), answer.headers["Content-Type"]


@pytest.fixture
def linked(storage, tmp_path):
    def mount(base_url):
        storage.add_mount(
            {"name": "site", "protocol": "local", "base_path": str(tmp_path / "home"), "base_url": base_url}
        )
        return storage

    return mount


async def test_a_local_link_is_below_the_base_url(linked):
    storage = linked("https://example.com/files//")
    assert storage.node("site:a b/é.txt").url() == "https://example.com/files/a b/é.txt"
    assert storage.node("site:").url() == "https://example.com/files/"
    assert storage.node("site:f").url(5, method="PUT", anything="ignored") == "https://example.com/files/f"
    assert linked("").node("site:f").url() == "/f"


async def test_relative_mounts_link_below_their_folder(linked):
    storage = linked("https://example.com")
    storage.add_mount({"name": "view", "path": "site:sub", "permissions": "readonly"})
    assert storage.node("view:f.txt").url() == "https://example.com/sub/f.txt"
    assert storage.node("view:f.txt").internal_url() is None


@pytest.mark.parametrize("address", ["home:f", "mem:f", "b64:aGVsbG8="])
async def test_others_have_no_links(storage, address):
    node = storage.node(address)
    assert node.url() is None
    assert node.url(60) is None
    assert node.internal_url() is None
    assert node.internal_url(nocache=True) is None


@pytest.mark.parametrize("mount", ["minio", "versitygw"], indirect=True)
async def test_a_signed_link_is_good_for_who_has_it(storage, mount, io):
    node = storage.node(mount, "d/a b.txt")
    assert node.url(60) is not None  # the file need not exist
    await io(node.write_text("hello"))
    link = node.url(60, ResponseContentType="text/x-own")
    assert fetch(link) == (b"hello", "text/x-own")
    put = urllib.request.Request(node.url(expires_in=60, client_method="put_object"), data=b"put", method="PUT")
    fetch(put)
    assert await io(node.read_text()) == "put"
    storage.add_mount({"name": "view", "path": f"{mount}:d", "permissions": "readonly"})
    assert fetch(storage.node("view:a b.txt").url())[0] == b"put"
    with pytest.raises(PermissionError):
        storage.node("view:a b.txt").url(method="PUT")
    with pytest.raises(ValueError, match="expires_in"):
        node.url(0)


@pytest.mark.full_only
@pytest.mark.parametrize("mount", ["minio"], indirect=True)
def test_a_signed_link_ends(storage, mount):
    node = storage.node(mount, "f")
    node.write_text("x")
    link = node.url(1)
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link)
    assert refused.value.code == 403
    refused.value.close()


def test_signatures_are_the_usual_ones(storage):
    node = storage.node("mem:f")
    assert list(inspect.signature(type(node).url).parameters) == ["self", "expires_in", "kwargs"]
    assert inspect.signature(type(node).url).parameters["expires_in"].default == 3600
    assert list(inspect.signature(type(node).internal_url).parameters) == ["self", "nocache"]
    assert inspect.signature(type(node).internal_url).parameters["nocache"].default is False
    assert list(inspect.signature(type(node).local_path).parameters) == ["self", "mode"]
    assert list(inspect.signature(type(node).serve).parameters)[1:6] == [
        "environ",
        "start_response",
        "download",
        "download_name",
        "cache_max_age",
    ]


async def test_resolved_path_is_seen_through_wrappers(storage, tmp_path):
    storage.add_mount({"name": "view", "path": "home:sub", "permissions": "readonly"})
    assert storage.node("view:f.txt").resolved_path == str(tmp_path / "home/sub/f.txt")
    assert storage.node("mem:f").resolved_path is None
