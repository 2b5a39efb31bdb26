"""Who sees the envelope of an encrypted file as it is stored, and who its plaintext."""

import base64
import datetime
import os
from urllib.request import urlopen
from wsgiref.util import FileWrapper

import pytest
from cryptography.fernet import Fernet

KEY, OTHER = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
def keyed(storage, tmp_path):
    """The manager with keys, and `sealed`, a local mount that encrypts by default."""
    (tmp_path / "sealed").mkdir()
    storage.configure(
        [{"name": "sealed", "protocol": "local", "base_path": str(tmp_path / "sealed"), "default_encrypted": True}],
        f"{KEY},acme:{OTHER}",
    )
    return storage


async def sealed(keyed, mount, io, name="f.txt", text="secret"):
    node = keyed.node(mount, name)
    await io(node.write_text(text, encrypted=True))
    with node.open("rb") as file:
        raw = file.read()
    assert raw.startswith(b"#GNRE1:\n")
    assert Fernet(KEY).decrypt(raw[8:]) == text.encode()
    return node, raw


async def test_open_gives_what_is_stored_in_every_mode(keyed, mount, io):
    node, raw = await sealed(keyed, mount, io)
    with node.open("r") as file:
        assert file.read() == raw.decode()
    with node.open("a") as file:
        file.write("tail")
    with node.open("rb") as file:
        assert file.read() == raw + b"tail"


async def test_open_never_encrypts_whatever_the_mounts_default(keyed, io):
    node = keyed.node("sealed:f")
    for mode, data in (("wb", b"plain"), ("xb", b"plain"), ("w+b", b"plain"), ("ab", b"plain")):
        await io(node.delete())
        with node.open(mode) as file:
            file.write(data)
        assert await io(node.size()) == 5
        assert await io(node.read_bytes()) == b"plain"


async def test_a_local_path_and_a_program_see_what_is_stored(keyed, mount, io):
    node, raw = await sealed(keyed, mount, io)
    with node.local_path() as path, open(path, "rb") as file:
        assert file.read() == raw
    assert (await io(node.call("cat", node, return_output=True))).encode() == raw


async def test_what_a_local_path_or_a_program_wrote_is_stored_as_it_is(keyed, io):
    keyed.add_mount(
        {"name": "hidden", "protocol": "memory", "base_path": f"h-{os.getpid()}", "default_encrypted": True}
    )
    node = keyed.node("hidden:f")
    with node.local_path("w") as path, open(path, "wb") as file:
        file.write(b"plain")
    assert await io(node.size()) == 5
    await io(node.call("sh", "-c", 'printf more >> "$0"', node))
    assert await io(node.size()) == 9
    assert await io(node.read_bytes()) == b"plainmore"
    await io(keyed.node("hidden:").delete())


async def test_serve_sends_the_envelope_with_its_length_and_its_tag(keyed, mount, io):
    node, raw = await sealed(keyed, mount, io)
    for environ in ({}, {"wsgi.file_wrapper": FileWrapper}):
        seen = []
        body = node.serve(environ, lambda status, headers, seen=seen: seen.append((status, dict(headers))))
        status, headers = seen[0]
        assert b"".join(body) == raw
        assert status == "200 OK"
        assert headers["Content-Length"] == str(len(raw))
        assert headers["ETag"].startswith(f'"{await io(node.mtime())!r}-{len(raw)}')


async def test_sizes_hashes_and_equality_are_of_what_is_stored(keyed, mount, io):
    import hashlib

    node, raw = await sealed(keyed, mount, io)
    again, _ = await sealed(keyed, mount, io, "again")
    assert await io(node.size()) == node.ext_attributes[1] == len(raw) == 108
    assert await io(node.md5hash()) == hashlib.md5(raw).hexdigest()
    assert node != again
    assert await io(node.read_bytes()) == await io(again.read_bytes())


async def test_skipping_copies_compare_what_is_stored(keyed, mount, io):
    node, raw = await sealed(keyed, mount, io, "a")
    same_size, _ = await sealed(keyed, mount, io, "b", "sechet")
    reasons = []
    target = keyed.node("mem:target")
    await io(same_size.copy_to(target))
    await io(node.copy_to(target, skip="size", on_skip=lambda source, reason: reasons.append(reason)))
    assert reasons == [f"same size ({len(raw)} bytes)"]
    await io(node.copy_to(target, skip="hash", on_skip=lambda source, reason: reasons.append(reason)))
    assert len(reasons) == 1
    await io(node.copy_to(target, skip="hash", on_skip=lambda source, reason: reasons.append(reason)))
    assert reasons[1].startswith("same content (MD5: ")
    assert await io(target.read_text()) == "secret"


async def test_trees_are_copied_and_moved_verbatim_without_any_key(keyed, mount, io):
    _, raw = await sealed(keyed, mount, io, "t/deep/a")
    await io(keyed.node(mount, "t/b").write_text("plain", encrypted=False))
    keyed.set_encryption_keys(f"acme:{OTHER}")
    await io(keyed.node(mount, "t").copy_to("sealed:copied"))
    await io(keyed.node(mount, "t").move_to("sealed:moved"))
    for place in ("copied", "moved"):
        with keyed.node("sealed", place, "deep/a").open("rb") as file:
            assert file.read() == raw
        with keyed.node("sealed", place, "b").open("rb") as file:
            assert file.read() == b"plain"


def test_versions_are_opened_as_they_are_stored(vault):
    vault.set_encryption_keys(KEY)
    node = vault.node("vault:f")
    node.write_text("first", encrypted=True)
    node.write_text("second", encrypted=True)
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    for arguments, text in (({"version": 0}, b"first"), ({"version": -1}, b"second"), ({"as_of": tomorrow}, b"second")):
        with node.open("rb", **arguments) as file:
            assert vault.decrypt(file.read()) == text
    snapshot = vault.node("vault:f", version=0)
    assert vault.decrypt(snapshot.read_bytes()) == b"first"
    assert vault.decrypt(snapshot.read_text().encode()) == b"first"
    assert vault.decrypt(snapshot.read("rb")) == b"first"


async def test_a_bare_token_of_older_versions_is_given_as_it_is(keyed, mount, io):
    token = Fernet(KEY).encrypt(b"x")
    node = keyed.node(mount, "f")
    await io(node.write_bytes(token))
    assert await io(node.read_bytes()) == token
    assert keyed.decrypt(token) == token


def media_type(url):
    with urlopen(url) as answer:
        return answer.headers["Content-Type"]


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_an_envelope_has_no_media_type_of_its_plaintext(keyed, mount, io):
    for encrypted, expected in ((True, "application/octet-stream"), (False, "text/html")):
        node = keyed.node(mount, "page.html")
        await io(node.write_text("<p>", encrypted=encrypted))
        assert media_type(node.url()) == expected
