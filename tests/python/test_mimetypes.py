"""mimetype: by the extension, and what may be said instead."""

import pytest

from genro_storage import StorageConfigError

TYPES = {
    "text/html": "html htm",
    "text/plain": "txt",
    "text/css": "css",
    "text/csv": "csv",
    "text/javascript": "js mjs",
    "text/x-python": "py",
    "text/markdown": "md",
    "image/jpeg": "jpg jpeg",
    "image/png": "png",
    "image/gif": "gif",
    "image/svg+xml": "svg svgz",
    "image/webp": "webp",
    "image/vnd.microsoft.icon": "ico",
    "image/bmp": "bmp",
    "application/json": "json",
    "application/xml": "xml",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/x-tar": "tar tar.gz tgz",
    "application/x-7z-compressed": "7z",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/x-wav": "wav",
    "font/woff2": "woff2",
    "application/octet-stream": "gz bz2 unknown",
}


@pytest.mark.parametrize(("kind", "extension"), [(kind, one) for kind, known in TYPES.items() for one in known.split()])
def test_the_extension_decides_in_any_case(storage, kind, extension):
    assert storage.node(f"mem:d/none.{extension}").mimetype == kind
    assert storage.node(f"home:none.{extension.upper()}").mimetype == kind


@pytest.mark.parametrize("path", ["", "name", ".html", "name.", "data:text/html,", "data:text/html,x.", "a/b.c/d"])
def test_no_extension_is_nothing_known(storage, path):
    assert storage.node("mem", path).mimetype == "application/octet-stream"


def test_a_base64_path_never_fails(storage):
    for payload in ("aGVsbG8=", "", "not base64!", "data:text/html,//"):
        assert storage.node("b64", payload).mimetype == "application/octet-stream"


async def test_one_node_may_have_its_own(storage, io):
    node = storage.node("mem:d/f.txt")
    node.mimetype = "text/x-own"
    assert node.mimetype == "text/x-own"
    assert node.fullpath == "mem:d/f.txt"
    assert storage.node("mem:d/f.txt").mimetype == "text/plain"
    assert node.parent.child("f.txt").mimetype == "text/plain"
    await io(node.write_text("x"))
    seen = []
    node.serve({}, lambda status, headers: seen.extend(headers))
    assert ("Content-Type", "text/x-own") in seen
    node.mimetype = None
    assert node.mimetype == "text/plain"
    for bad in ("nonsense", "text/html\r\nX: y"):
        with pytest.raises(ValueError, match="media type"):
            node.mimetype = bad
    with pytest.raises(TypeError):
        node.mimetype = 5


def test_a_manager_may_have_its_own(storage):
    before = storage.node("mem:f.log")
    storage.set_mimetype(".LOG", "text/x-log")
    storage.set_mimetype("txt", "text/x-other")
    assert before.mimetype == storage.node("home:a.Log").mimetype == "text/x-log"
    assert storage.node("mem:a.txt").mimetype == "text/x-other"
    for extension, kind in (("", "text/x"), ("a.b", "text/x"), ("x", "nonsense"), ("x", "")):
        with pytest.raises(ValueError, match=r"extension|media type"):
            storage.set_mimetype(extension, kind)


def test_a_mount_may_have_its_own(storage):
    storage.add_mount({"name": "own", "protocol": "memory", "mimetypes": {"log": "text/x-mount", ".dat": "text/x-dat"}})
    storage.add_mount({"name": "view", "path": "own:sub", "mimetypes": {"dat": "text/x-view"}})
    storage.set_mimetype("log", "text/x-manager")
    assert storage.node("own:a.log").mimetype == "text/x-mount"
    assert storage.node("mem:a.log").mimetype == "text/x-manager"
    assert storage.node("view:a.log").mimetype == "text/x-mount"
    assert storage.node("view:a.dat").mimetype == "text/x-view"
    assert storage.node("own:a.dat").mimetype == "text/x-dat"
    for wrong in ("text", ["a"], {"x": 5}, {"x": "nonsense"}, {"": "text/x"}):
        with pytest.raises(StorageConfigError, match="mimetypes"):
            storage.add_mount({"name": "wrong", "protocol": "memory", "mimetypes": wrong})


@pytest.mark.parametrize("name", ["page.html.gz", "style.css.br", "a.svg.xz"])
def test_what_is_packed_is_not_what_it_holds(storage, name):
    assert storage.node("mem", name).mimetype == "application/octet-stream"
