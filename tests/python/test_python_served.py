"""Files of a storage written in Python are served, lent and linked to like any others."""

import pytest

from genro_storage import StoragePermissionError
from shelf import Shelf


class Linked(Shelf):
    def url(self, path, expires_in=3600, **kwargs):
        return f"https://x/{path}?{expires_in}&{sorted(kwargs.items())}"

    def internal_url(self, path, nocache=False):
        return f"/files/{path}" + ("?mtime=1" if nocache else "")


class WithPaths(Shelf):
    """Keeps its files in a folder, too."""

    folder = None

    def _get_local_path(self, path, mode):
        self.seen("_get_local_path", path, mode)
        return self.folder / path


def mount(storage, backend):
    storage._mounts["shelf"] = backend
    storage.add_mount({"name": "view", "path": "shelf:sub", "permissions": "readonly"})
    return backend


async def test_it_is_served(storage, io):
    mount(storage, Shelf())
    content = bytes(range(256)) * 1000
    await io(storage.node("shelf:sub/f.bin").write_bytes(content))
    seen = []
    body = storage.node("view:f.bin").serve({}, lambda status, headers: seen.append((status, dict(headers))))
    assert seen[0][0] == "200 OK"
    assert seen[0][1]["ETag"] == '"1000000000.25-256000"'
    assert b"".join(body) == content
    part = storage.node("view:f.bin").serve({"HTTP_RANGE": "bytes=70000-199999"}, lambda status, headers: None)
    assert b"".join(part) == content[70000:200000]


async def test_it_is_lent(storage, io):
    shelf = mount(storage, Shelf())
    await io(storage.node("shelf:f.txt").write_text("old"))
    with storage.node("shelf:f.txt").local_path("rw") as path, open(path, "a") as file:
        file.write(" new")
    assert shelf.files["f.txt"] == b"old new"


async def test_its_own_local_paths_are_used(storage, io, tmp_path):
    shelf = mount(storage, WithPaths())
    shelf.folder = tmp_path
    with storage.node("shelf:f.txt").local_path("w") as path:
        assert path == str(tmp_path / "f.txt")
    async with storage.node("view:f.txt").local_path("r") as path:
        assert path == str(tmp_path / "sub/f.txt")
    assert shelf.made("_get_local_path") == [("f.txt", "w"), ("sub/f.txt", "r")]
    with pytest.raises(StoragePermissionError):
        storage.node("view:f.txt").local_path("rw")
    with pytest.raises(ValueError, match="mode"):
        storage.node("shelf:f.txt").local_path("a")


async def test_its_links_are_given_with_their_arguments(storage):
    mount(storage, Linked())
    assert storage.node("shelf:a").url() == "https://x/a?3600&[]"
    assert storage.node("view:a").url(5, public=True) == "https://x/sub/a?5&[('public', True)]"
    assert storage.node("shelf:a").internal_url() == "/files/a"
    assert storage.node("view:a").internal_url(nocache=True) == "/files/sub/a?mtime=1"
