"""Snapshots are served and lent as the version they stand for, and are never written."""

import os

import pytest


def serve(node, **environ):
    seen = []
    body = node.serve(environ, lambda status, headers: seen.extend([status, dict(headers)]))
    return seen[0], seen[1], body


def test_a_snapshot_is_served_as_its_version(file, vault):
    status, headers, body = serve(vault.node("vault:dir/a.txt", version=0))
    assert (status, body) == ("200 OK", [b"one"])
    assert headers["Content-Length"] == "3"
    assert serve(vault.node("vault:dir/a.txt", version=1))[2] == [b"two"]
    assert serve(file)[2] == [b"three"]
    assert serve(vault.node("vault:dir/a.txt", version=0), HTTP_IF_NONE_MATCH=headers["ETag"])[0].startswith("304")
    assert serve(vault.node("vault:dir/a.txt", version=1), HTTP_IF_NONE_MATCH=headers["ETag"])[0] == "200 OK"


def test_a_large_snapshot_stays_the_same_version_while_the_file_changes(vault):
    node = vault.node("vault:large.bin")
    first = os.urandom(300_000)
    node.write_bytes(first)
    _, _, body = serve(vault.node("vault:large.bin", version=-1))
    chunk = body[0]
    node.write_bytes(os.urandom(300_000))
    body.close()
    assert chunk + b"".join(body[1:]) == first
    part = serve(vault.node("vault:large.bin", version=0), HTTP_RANGE="bytes=100000-250000")[2]
    assert b"".join(part) == first[100000:250001]


def test_a_missing_version_is_a_404(file, vault):
    assert serve(vault.node("vault:dir/a.txt", version=7))[0] == "404 Not Found"
    assert serve(vault.node("vault:dir/none.txt", version=0))[0] == "404 Not Found"


def test_a_snapshot_without_versions_to_choose_from_is_refused(vault):
    vault.node("mem:f").write_text("x")
    with pytest.raises(PermissionError, match="does not support versioning"):
        serve(vault.node("mem:f", version=0))


def test_a_snapshot_is_lent_to_read_only(file, vault):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    with snapshot.local_path() as path, open(path) as lent:
        assert lent.read() == "one"
    for mode in ("w", "rw"):
        with pytest.raises(ValueError, match="versioned snapshot"):
            snapshot.local_path(mode)


def test_a_program_reads_a_snapshot_and_the_file_side_by_side(file, vault):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    again = vault.node("vault:dir/a.txt", version=0)
    assert file.call("cat", snapshot, file, again, return_output=True) == "onethreeone"
    assert file.call('test "$0" = "$2" && test "$0" != "$1"', snapshot, file, again, shell=True) is None
    assert file.version_count == 3
