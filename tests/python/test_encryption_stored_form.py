"""Who sees the envelope of an encrypted file as it is stored, and who its plaintext."""

import base64
import datetime
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


def stored(node):
    """What a file holds, as it is served."""
    return b"".join(node.serve({}, lambda *_: None))


async def sealed(keyed, mount, io, name="f.txt", text="secret"):
    node = keyed.node(mount, name)
    await io(node.write_text(text, encrypted=True))
    raw = stored(node)
    assert raw.startswith(b"#GNRE1:\n")
    assert Fernet(KEY).decrypt(raw[8:]) == text.encode()
    return node, raw


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
    await io(keyed.node(mount, "t").copy_to("mem:copied"))
    await io(keyed.node(mount, "t").move_to("mem:moved"))
    for place in ("copied", "moved"):
        assert stored(keyed.node("mem", place, "deep/a")) == raw
        assert stored(keyed.node("mem", place, "b")) == b"plain"


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
    assert await io(keyed.decrypt(token)) == token


def media_type(url):
    with urlopen(url) as answer:
        return answer.headers["Content-Type"]


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_an_envelope_has_no_media_type_of_its_plaintext(keyed, mount, io):
    for encrypted, expected in ((True, "application/octet-stream"), (False, "text/html")):
        node = keyed.node(mount, "page.html")
        await io(node.write_text("<p>", encrypted=encrypted))
        assert media_type(node.url()) == expected
