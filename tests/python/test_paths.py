"""What pathlib has of names: parts, relatives, patterns for one path. Text only, never I/O."""

import pytest

from genro_storage.exceptions import StorageDetachedError
from test_derived_nodes import Tagged


async def test_names_are_plain_everywhere(storage):
    node = storage.node("mem:a") / "b/c.tar.gz"
    assert node.fullpath == "mem:a/b/c.tar.gz"
    assert node.name == node.basename == "c.tar.gz"
    assert node.parts == ("a", "b", "c.tar.gz")
    assert node.joinpath("x", "y/z").path == "a/b/c.tar.gz/x/y/z"
    assert (node / "").path == node.path
    assert node.with_name("d").fullpath == "mem:a/b/d"
    assert node.with_stem("d").path == "a/b/d.gz"
    assert node.with_suffix(".txt").path == "a/b/c.tar.txt"
    assert node.with_suffix("").path == "a/b/c.tar"
    assert storage.node("mem:a").with_suffix(".x").path == "a.x"
    root = storage.node("mem:")
    assert (root.name, root.parts) == ("", ())


def test_a_path_that_climbs_is_refused(storage):
    with pytest.raises(ValueError, match="traversal"):
        storage.node("mem:a") / "../b"
    with pytest.raises(ValueError, match="traversal"):
        storage.node("mem:a").joinpath("x", "..")


def test_only_text_is_divided_by(storage):
    node = storage.node("mem:a")
    for other in (node, 5, b"x", None):
        with pytest.raises(TypeError):
            node / other
    with pytest.raises(TypeError):
        "x" / node


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a/", "a\0b"])
def test_a_new_name_is_one_name(storage, name):
    with pytest.raises(ValueError, match="not the name"):
        storage.node("mem:x/y.txt").with_name(name)


def test_neighbours_need_a_name_and_a_true_suffix(storage):
    for change in (lambda n: n.with_name("a"), lambda n: n.with_stem("a"), lambda n: n.with_suffix(".a")):
        with pytest.raises(ValueError, match="root"):
            change(storage.node("mem:"))
    for suffix in ("txt", ".", ".a/b"):
        with pytest.raises(ValueError):
            storage.node("mem:a").with_suffix(suffix)
    with pytest.raises(ValueError):
        storage.node("mem:a.txt").with_stem("")
    with pytest.raises(TypeError):
        storage.node("mem:a").with_name(5)


def test_relative_to_is_text_on_one_mount(storage):
    node = storage.node("mem:a/b/c")
    assert node.relative_to(storage.node("mem:a")) == "b/c"
    assert node.relative_to("mem:a/b") == "c"
    assert node.relative_to(storage.node("mem:")) == "a/b/c"
    assert node.relative_to(node) == ""
    assert storage.node("mem:a") / node.relative_to("mem:a") == node
    for other in ("mem:a/b/c/d", "mem:b", "mem:a/bb", "mem:a/b/cc", "home:a"):
        with pytest.raises(ValueError, match="not below"):
            node.relative_to(other)


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("a/b.py", "*.py", True),
        ("a/b.py", "a/*.py", True),
        ("x/a/b.py", "a/*.py", True),
        ("a/b.py", "b/*.py", False),
        ("a/b/c.py", "a/*.py", False),
        ("a/b/c.py", "a/**/*.py", True),
        ("a/b.py", "/a/*.py", True),
        ("a/b.py", "/*.py", False),
        ("b.py", "/*.py", True),
        ("a/b.PY", "*.py", False),
        ("a/[b]", "[[]b]", True),
        ("", "*", False),
    ],
)
def test_match_is_from_the_right(storage, path, pattern, matches):
    assert storage.node("mem", path).match(pattern) is matches


def test_an_empty_pattern_matches_nothing(storage):
    with pytest.raises(ValueError):
        storage.node("mem:a").match("")


def test_virtual_nodes_have_names_but_no_relatives(storage):
    for node in (storage.iternode(), storage.node()):
        assert (node.name, node.parts, node.match("*")) == ("", (), False)
        for derive in (
            lambda n: n / "a",
            lambda n: n.joinpath("a"),
            lambda n: n.with_name("a"),
            lambda n: n.with_stem("a"),
            lambda n: n.with_suffix(".a"),
            lambda n: n.relative_to(n),
        ):
            with pytest.raises(StorageDetachedError):
                derive(node)


def test_relatives_of_a_snapshot_are_plain_nodes(file, vault):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    assert (snapshot.name, snapshot.parts) == ("a.txt", ("dir", "a.txt"))
    assert snapshot.relative_to("vault:dir") == "a.txt"
    assert snapshot.match("dir/*.txt")
    for node in (snapshot.with_name("b"), snapshot.with_stem("b"), snapshot.with_suffix(".b"), snapshot / "b"):
        assert node.version == ""


async def test_relatives_of_derived_classes_are_made_by_their_hook(storage):
    folder = Tagged(storage, "mem", "t", tag="blue")
    made = [
        folder / "a.txt",
        folder.joinpath("x"),
        folder.with_name("x"),
        folder.with_stem("x"),
        folder.with_suffix(".x"),
    ]
    assert {(type(node), node.tag) for node in made} == {(Tagged, "blue")}
