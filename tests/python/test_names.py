"""Addresses, names, identity: nothing here touches storage, and nothing is ever awaitable."""

import inspect
import weakref

import pytest

from genro_storage import SkipStrategy, StorageManager, StorageNode, StorageNotFoundError


@pytest.mark.parametrize(
    ("address", "fullpath", "path"),
    [
        (("mem:a//b/",), "mem:a/b", "a/b"),
        (("mem", "x/", "/y", "", "z"), "mem:x/y/z", "x/y/z"),
        (("mem:",), "mem:", ""),
        (("mem",), "mem:", ""),
        (("mem:///",), "mem:", ""),
        (("mem", ""), "mem:", ""),
        (("mem:a:b",), "mem:a:b", "a:b"),
        (("mem:café/☕.txt",), "mem:café/☕.txt", "café/☕.txt"),
        (("mem:..a/a../...",), "mem:..a/a../...", "..a/a../..."),
    ],
)
async def test_an_address_is_split_and_cleaned(storage, address, fullpath, path):
    node = storage.node(*address)
    assert node.fullpath == str(node) == fullpath
    assert node.path == path
    assert type(node) is StorageNode
    assert repr(node) == f"StorageNode({fullpath!r})"


@pytest.mark.parametrize("address", [("mem:a/../b",), ("mem", "..", "x"), ("mem:..",)])
def test_a_path_that_climbs_is_refused(storage, address):
    with pytest.raises(ValueError, match="Parent directory traversal"):
        storage.node(*address)


def test_an_unknown_mount_is_named_with_the_known_ones(storage):
    with pytest.raises(StorageNotFoundError, match=r"Mount point 'nope' not found.*home, mem, b64"):
        storage.node("nope:..")


@pytest.mark.parametrize("bad", [5, b"mem:a", ["mem"]])
def test_addresses_and_parts_are_strings(storage, bad):
    with pytest.raises(TypeError):
        storage.node(bad)
    with pytest.raises(TypeError):
        storage.node("mem", bad)


@pytest.mark.parametrize(
    ("name", "stem", "suffix", "ext"),
    [
        ("report.tar.gz", "report.tar", ".gz", "gz"),
        (".profile", ".profile", "", ""),
        (".cfg.ini", ".cfg", ".ini", "ini"),
        ("name.", "name.", "", ""),
        ("a..b", "a.", ".b", "b"),
        ("plain", "plain", "", ""),
    ],
)
async def test_the_parts_of_a_name(storage, name, stem, suffix, ext):
    node = storage.node("mem:dir.d", name)
    assert (node.basename, node.stem, node.suffix, node.ext) == (name, stem, suffix, ext)
    assert node.parent.fullpath == node.dirname == "mem:dir.d"
    assert node.splitext() == (f"dir.d/{name}"[: len("dir.d/" + name) - len(suffix)], suffix)


def test_the_root_is_its_own_parent(storage):
    root = storage.node("mem:")
    assert root.basename == ""
    assert root.parent.fullpath == "mem:"
    assert root.child().fullpath == "mem:"
    assert root.child("").fullpath == "mem:"


def test_child_joins_its_parts_and_never_leaves_the_mount(storage):
    node = storage.node("mem:a")
    assert node.child("x/y").path == node.child("x", "y").path == node.child("x//", "./y/").path == "a/x/y"
    with pytest.raises(ValueError):
        node.child("..", "b")


ODD_NAMES = [
    *(
        " a b ",
        "back\\slash",
        "~",
        "~/x",
        "$HOME/x",
        "${HOME}",
        "%2e%2e/%41",
        "\x01\t\n\x7f",
        "A/a",
        "*?[x]{y}",
        "a:b:c",
    ),
    *("caf\u00e9", "cafe\u0301", "\u2024\u2024", "..a", "a..", "..."),
]


@pytest.mark.parametrize("path", ODD_NAMES)
async def test_what_is_no_slash_and_no_dot_stands_for_itself(storage, mount, io, path):
    node = storage.node(f"{mount}:{path}")
    assert (node.path, node.fullpath) == (path, f"{mount}:{path}")
    if mount in ("minio", "versitygw") and ("\x01" in path or "\\" in path):
        return  # names that these servers refuse
    await io(node.write_text(path))
    assert await io(storage.node(mount, path).read_text()) == path
    assert [child.basename for child in await io(node.parent.children())] == [node.basename]


def test_a_dot_is_no_component(storage):
    for address in (("mem:a/./b",), ("mem:./a/b/.",), ("mem", ".", "a", "./b"), ("mem:a/.//./b",)):
        assert storage.node(*address).fullpath == "mem:a/b"
    assert storage.node("mem:.").fullpath == "mem:"


def test_a_part_that_climbs_is_found_wherever_it_stands(storage):
    for parts in (("a", "x/../y"), ("a", "..b", ".."), ("../a",), ("/..",)):
        with pytest.raises(ValueError, match="Parent directory traversal"):
            storage.node("mem", *parts)
    with pytest.raises(ValueError, match="NUL"):
        storage.node("mem:a\0b")


async def test_whitespace_in_base64_is_kept_and_means_nothing(storage, io):
    for payload in (" dGV4dA==", "dGV4\ndA==\n", "\tdGV4dA== "):
        node = storage.node(f"b64:{payload}")
        assert node.path == payload
        assert await io(node.read_text()) == "text"


def test_the_root_has_no_name(storage):
    root = storage.node("mem:")
    assert (root.path, root.basename, root.stem, root.suffix, root.ext) == ("", "", "", "", "")
    assert (root.dirname, root.splitext()) == ("mem:", ("", ""))


def test_without_a_mount_parts_mean_nothing(storage):
    assert storage.node(None, "a", "b").fullpath == "None:"
    with pytest.raises(StorageNotFoundError, match=r"Mount point 'mem' not found.*none"):
        StorageManager().node("mem:a")


async def test_naming_touches_no_storage(storage):
    """Neither a server that is not there nor a function that fails is asked."""

    def base(prefix):
        raise AssertionError("asked")

    storage.configure(
        [
            {"name": "far", "protocol": "s3", "bucket": "b", "endpoint_url": "http://127.0.0.1:9", "anon": True},
            {"name": "chosen", "protocol": "local", "base_path": base},
        ]
    )
    for mount in ("far", "chosen"):
        node = StorageNode(storage, mount, "a/b.tar.gz")
        names = (node.fullpath, node.path, node.basename, node.stem, node.suffix, node.ext, node.dirname)
        assert names == (f"{mount}:a/b.tar.gz", "a/b.tar.gz", "b.tar.gz", "b.tar", ".gz", "gz", f"{mount}:a")
        assert (node.parent.child("c").path, node.splitext()) == ("a/c", ("a/b.tar", ".gz"))
        assert (node.mimetype, node.capabilities.read) == ("application/x-tar", True)
        assert (repr(node), node == node) == (f"StorageNode('{mount}:a/b.tar.gz')", True)


def test_a_child_of_nothing_more_is_the_same_place(storage):
    for path in ("a/b", "a/b/"):
        node = StorageNode(storage, "mem", path)
        for same in (node.child(), node.child(""), node.child("/"), node.child(".")):
            assert same is not node
            assert (same.path, type(same)) == ("a/b", StorageNode)
        assert (node.parent.path, node.child("c").path) == ("a", "a/b/c")


def test_media_types_come_from_the_suffix(storage):
    assert storage.node("mem:a.HTML").mimetype == "text/html"
    assert storage.node("mem:a.tar.gz").mimetype == "application/x-tar"
    assert storage.node("mem:a").mimetype == "application/octet-stream"


def test_names_that_are_not_utf8_survive(storage, tmp_path):
    raw = b"\xff\xfe-latin-\xe9"
    with open(str(tmp_path / "home").encode() + b"/" + raw, "wb") as file:
        file.write(b"x")
    (node,) = storage.node("home:").children()
    assert node.basename == raw.decode("utf-8", "surrogateescape")
    assert storage.node(node.fullpath).read_bytes() == b"x"


def test_a_detached_node_belongs_to_nothing(storage):
    node = storage.node()
    assert (str(node), node.path, node.basename) == ("None:", None, "")
    assert node.ext_attributes == (None, None, False)
    with pytest.raises(ValueError):
        node.read_bytes()
    assert (node == storage.node()) is False
    assert node == node


async def test_nodes_are_equal_by_place_or_by_content(storage, io):
    a, b, c = (storage.node(address) for address in ("mem:a", "home:b", "mem:c"))
    await io(a.write_bytes(b"same"))
    await io(b.write_bytes(b"same"))
    await io(c.write_bytes(b"else"))
    assert a == storage.node("mem:a")
    assert storage.node("mem:none") == storage.node("mem:none")
    assert a == b
    assert not a != b  # noqa: SIM202
    assert a != c
    assert a != storage.node("mem:none")
    assert a != storage.node("mem:")
    assert a != "mem:a"
    assert a != None  # noqa: E711


def test_nodes_cannot_be_hashed(storage):
    with pytest.raises(TypeError):
        hash(storage.node("mem:a"))


def test_nodes_and_managers_can_be_weakly_referred_to(storage):
    node = storage.node("mem:a")
    seen = weakref.ref(node)
    assert seen() is node
    del node
    assert seen() is None
    assert weakref.ref(storage)() is storage


def test_constructing_a_node_needs_a_known_mount(storage):
    assert StorageNode(storage, "mem", "a/b/").fullpath == "mem:a/b"
    with pytest.raises(KeyError):
        StorageNode(storage, "nope", "a")
    with pytest.raises(TypeError):
        StorageNode("no manager", "mem", "a")
    with pytest.raises(TypeError):
        StorageNode(storage, "mem")


IO_METHODS = [
    "exists",
    "is_file",
    "is_dir",
    "size",
    "mtime",
    "md5hash",
    "read",
    "write",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "delete",
    "copy_to",
    "children",
    "mkdir",
]

SIGNATURES = {
    "exists": "()",
    "read": "(mode='r', encoding='utf-8')",
    "write": "(data, mode='w', encoding='utf-8', skip_if_unchanged=False, encrypted=None)",
    "write_text": "(text, encoding='utf-8', skip_if_unchanged=False, encrypted=None)",
    "write_bytes": "(data, skip_if_unchanged=False, encrypted=None)",
    "mkdir": "(parents=False, exist_ok=False)",
    "copy_to": "(dest, include=None, exclude=None, filter=None, skip='never', skip_fn=None, progress=None, "
    "on_file=None, on_skip=None, *, glob=False, on_error=None)",
    "move_to": "(dest, *, on_error=None)",
    "child": "(*parts)",
}


def test_methods_show_their_signatures_and_are_plain_functions(storage):
    for name in IO_METHODS:
        method = getattr(StorageNode, name)
        assert method.__name__ == name
        assert method.__doc__
        assert inspect.iscoroutinefunction(method) is False
        inspect.signature(method)
    for name, expected in SIGNATURES.items():
        assert str(inspect.signature(getattr(storage.node("mem:a"), name))) == expected
    assert str(inspect.signature(storage.node)) == "(mount_or_path=None, *path_parts, version=None, as_of=None)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda node: node.write_bytes(), "missing required argument: 'data'"),
        (lambda node: node.write_bytes(b"", False, None, 1), "at most 3 positional arguments"),
        (lambda node: node.read(nonsense=1), "unexpected keyword argument 'nonsense'"),
        (lambda node: node.mkdir(True, parents=True), "multiple values for argument 'parents'"),
    ],
)
def test_wrong_arguments_are_refused_as_python_would(storage, call, message):
    with pytest.raises(TypeError, match=message):
        call(storage.node("mem:a"))


def test_skip_strategies_are_strings():
    assert [member.value for member in SkipStrategy] == ["never", "exists", "size", "hash", "custom"]
    assert SkipStrategy.HASH == "hash"
    assert SkipStrategy("hash") is SkipStrategy.HASH
    assert str(SkipStrategy.HASH) == "SkipStrategy.HASH"


class Unfinished(StorageNode):
    def __init__(self):
        """Forgets to call the base class."""


def test_a_node_without_init_is_detached(storage):
    node = Unfinished()
    assert (str(node), node.path) == ("None:", None)
    with pytest.raises(ValueError):
        node.read_bytes()
    with pytest.raises((ValueError, TypeError)):
        node.copy_to("mem:a")
    with pytest.raises(TypeError):
        node.parent  # noqa: B018
