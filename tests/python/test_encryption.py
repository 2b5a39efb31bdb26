"""Encrypted contents: what is stored, what reads and writes give, and what else sees the envelope."""

import asyncio
import base64
import pickle
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from cryptography.fernet import Fernet, InvalidToken

from genro_storage import StorageConfigError, StorageError, StorageManager, exceptions

FIRST, SECOND, OTHER = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
HEADER = b"#GNRE1:\n"


def stored_now(node):
    """What a local file holds."""
    with open(node.resolved_path, "rb") as file:
        return file.read()


async def stored(keyed, node, io):
    """What the file holds, wherever it is: a copy is verbatim."""
    await io(node.copy_to(keyed.node("home:stored")))
    return stored_now(keyed.node("home:stored"))


async def put(node, data, io):
    """Bytes as they are, whatever the mount's default."""
    await io(node.write_bytes(data, encrypted=False))


@pytest.fixture
def keyed(storage):
    """The manager with a key of the unnamed domain and one of `acme`."""
    storage.set_encryption_keys(f"{FIRST},acme:{SECOND}")
    return storage


# What is stored


async def test_an_encrypted_write_stores_the_header_and_a_token_that_other_fernets_open(keyed, mount, io):
    node = keyed.node(mount, "a/secret.bin")
    assert await io(node.write_bytes(b"\x00 secret", encrypted=True)) is True
    raw = await stored(keyed, node, io)
    assert raw.startswith(HEADER + b"gAAAAA")
    assert raw.isascii()
    assert not raw.endswith(b"\n")
    assert Fernet(FIRST).decrypt(raw[len(HEADER) :]) == b"\x00 secret"
    assert await io(node.read_bytes()) == b"\x00 secret"
    assert await io(node.size()) == len(raw)


@pytest.mark.parametrize(("size", "stored_size"), [(0, 108), (1000, 1428)])
async def test_stored_sizes_follow_the_format(keyed, io, size, stored_size):
    node = keyed.node("mem:f")
    await io(node.write_bytes(b"x" * size, encrypted=True))
    assert await io(node.size()) == stored_size
    assert await io(node.read_bytes()) == b"x" * size


async def test_a_named_domain_stands_in_the_header(keyed, io):
    node = keyed.node("mem:f")
    await io(node.write_text("caffè", encrypted="acme"))
    assert await io(node.read_bytes()) == "caffè".encode()
    header, _, token = (await stored(keyed, node, io)).partition(b"\n")
    assert header == b"#GNRE1:acme"
    assert Fernet(SECOND).decrypt(token) == "caffè".encode()
    assert await io(node.read_text()) == "caffè"


async def test_the_empty_domain_is_the_unnamed_one_even_where_it_is_not_the_default(storage, io):
    storage.set_encryption_keys(f"acme:{SECOND},{FIRST}")
    node = storage.node("home:f")
    await io(node.write_bytes(b"1", encrypted=True))
    assert stored_now(node).startswith(b"#GNRE1:acme\n")
    await io(node.write_bytes(b"1", encrypted=""))
    assert stored_now(node).startswith(HEADER)


async def test_the_same_content_written_twice_is_stored_differently(keyed, io):
    a, b = keyed.node("home:a"), keyed.node("home:b")
    for node in (a, b):
        await io(node.write_bytes(b"same", encrypted=True))
    assert stored_now(a) != stored_now(b)
    assert a != b
    assert await io(a.md5hash()) != await io(b.md5hash())


async def test_the_time_in_a_token_is_that_of_the_write_and_is_never_checked(keyed, io):
    node = keyed.node("home:f")
    before = int(time.time())
    await io(node.write_bytes(b"x", encrypted=True))
    token = stored_now(node)[len(HEADER) :]
    assert before <= Fernet(FIRST).extract_timestamp(token) <= time.time()
    for moment in (0, 1, 2**40):
        await put(node, HEADER + Fernet(FIRST).encrypt_at_time(b"then", moment), io)
        assert await io(node.read_bytes()) == b"then"


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 16383, 16384, 16385, 100_000, 3_000_001])
async def test_contents_of_all_sizes_agree_with_the_reference_both_ways(keyed, io, size):
    data = bytes(i * 7 % 251 for i in range(min(size, 5000))) * (size // 5000 + 1)
    data = data[:size]
    node = keyed.node("home:f")
    await io(node.write_bytes(data, encrypted=True))
    assert Fernet(FIRST).decrypt(stored_now(node)[len(HEADER) :]) == data
    await put(node, HEADER + Fernet(FIRST).encrypt(data), io)
    assert await io(node.read_bytes()) == data


# Recognition


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#GNRE1",
        b"#GNRE1:",
        b"#GNRE1\nabc",
        b"#GNRE1:Acme\nabc",
        b"#GNRE1:" + b"a" * 65 + b"\nabc",
        "#GNRE1:è\nabc".encode(),
        b"#GNRE1:\r\nabc",
        b"#GNRE1:acme\r\nabc",
        b"#GNRE1:acme",
        b"#GNRE1:a b\nabc",
        b"#GNRE1:" + b"a" * 121 + b"\nabc",
        b"#GNRE2:\nabc",
        b"#gnre1:\nabc",
        b"\xef\xbb\xbf#GNRE1:\nabc",
        b" #GNRE1:\nabc",
        b"# a comment",
    ],
)
async def test_what_is_no_envelope_is_given_as_it_is(storage, mount, io, content):
    node = storage.node(mount, "f")
    await io(node.write_bytes(content))
    assert await io(node.read_bytes()) == content
    assert await io(storage.decrypt(content)) == content
    buffer = bytearray(len(content))
    assert await io(node.read_into(buffer)) == len(content)
    assert bytes(buffer) == content


async def test_a_domain_of_64_characters_is_recognised(storage, io):
    domain = "a-z_0-9" + "x" * 57
    storage.set_encryption_keys(f"{domain}:{FIRST}")
    node = storage.node("home:f")
    await io(node.write_bytes(b"x", encrypted=domain))
    assert stored_now(node).startswith(f"#GNRE1:{domain}\n".encode())
    assert len(stored_now(node).partition(b"\n")[0]) + 1 == 72
    assert await io(node.read_bytes()) == b"x"


async def test_plain_content_that_looks_like_an_envelope_can_only_be_opened(keyed, io):
    node = keyed.node("home:f")
    await put(node, b"#GNRE1:\n", io)
    with pytest.raises(InvalidToken):
        await io(node.read_bytes())
    with pytest.raises(InvalidToken):
        await io(node.read_text())
    with pytest.raises(InvalidToken):
        await io(node.read("rb"))
    with pytest.raises(InvalidToken):
        await io(node.read_into(bytearray(3)))
    assert stored_now(node) == b"#GNRE1:\n"


async def test_exactly_one_layer_is_taken_off(keyed, io):
    node = keyed.node("mem:f")
    inner = await io(keyed.encrypt(b"x", "acme"))
    await io(node.write_bytes(inner, encrypted=True))
    assert await io(node.read_bytes()) == inner
    twice = await io(keyed.encrypt(inner))
    assert await io(keyed.decrypt(await io(keyed.decrypt(twice)))) == b"x"


@pytest.mark.parametrize(
    "change",
    [
        lambda token: b"\n".join(token[i : i + 10] for i in range(0, len(token), 10)) + b"\n",
        lambda token: b" \t\r\n" + token + b"\v\f",
        lambda token: token.replace(b"-", b"+").replace(b"_", b"/"),
    ],
    ids=["wrapped", "white space", "standard alphabet"],
)
async def test_tokens_are_read_leniently(keyed, io, change):
    node = keyed.node("mem:f")
    data = bytes(range(256)) * 3
    await put(node, HEADER + change(Fernet(FIRST).encrypt(data)), io)
    assert await io(node.read_bytes()) == data


async def test_what_follows_the_padding_is_not_looked_at(keyed, io):
    node = keyed.node("mem:f")
    token = next(t for t in (Fernet(FIRST).encrypt(b"x" * n) for n in range(0, 64, 16)) if t.endswith(b"="))
    await put(node, HEADER + token + b"\xff more", io)
    assert await io(node.read_bytes()) == Fernet(FIRST).decrypt(token)


# Failures of reading


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: b"",
        lambda token: b"not a token at all",
        lambda token: token[:-1],
        lambda token: token[:40] + (b"A" if token[40:41] != b"A" else b"B") + token[41:],
        lambda token: base64.urlsafe_b64encode(b"\x81" + base64.urlsafe_b64decode(token)[1:]),
        lambda token: Fernet(OTHER).encrypt(b"secret"),
        lambda token: token.decode().encode("utf-16"),
    ],
    ids=["empty", "no token", "short", "altered", "version", "other key", "utf-16"],
)
async def test_what_no_key_opens_is_an_invalid_token_and_never_ciphertext(keyed, mount, io, spoil):
    node = keyed.node(mount, "f")
    await put(node, HEADER + spoil(Fernet(FIRST).encrypt(b"secret")), io)
    for read in (node.read_bytes, node.read_text, node.read):
        with pytest.raises(InvalidToken) as caught:
            await io(read())
        assert isinstance(caught.value, StorageError)
        assert caught.value.where == f"{mount}:f"
        assert caught.value.code == "undecryptable"


async def test_a_missing_key_names_the_domain(storage, mount, io):
    node = storage.node(mount, "f")
    await io(node.write_bytes(b"#GNRE1:partner\n" + Fernet(FIRST).encrypt(b"x")))
    for installed in (None, FIRST):
        if installed:
            storage.set_encryption_keys(installed)
        with pytest.raises(StorageError, match=r"'partner' requires installed key material") as caught:
            await io(node.read_bytes())
        assert not isinstance(caught.value, StorageConfigError)
        assert type(caught.value) is StorageError
    storage.set_encryption_keys(f"partner:{FIRST}")
    assert await io(node.read_bytes()) == b"x"


async def test_changing_the_domain_of_a_header_can_only_make_reading_fail(keyed, io):
    node = keyed.node("home:f")
    await io(node.write_bytes(b"secret", encrypted=True))
    await put(node, b"#GNRE1:acme\n" + stored_now(node)[len(HEADER) :], io)
    with pytest.raises(InvalidToken):
        await io(node.read_bytes())


async def test_an_invalid_token_can_be_caught_and_pickled_as_both_its_classes(keyed, io):
    node = keyed.node("mem:f")
    await put(node, HEADER + b"xx", io)
    with pytest.raises(exceptions.StorageInvalidTokenError) as caught:
        await io(node.read_bytes())
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, InvalidToken)
    assert again.code == "undecryptable"


async def test_questions_and_changes_need_no_key(storage, mount, io):
    node = storage.node(mount, "d/f")
    raw = b"#GNRE1:gone\n" + Fernet(OTHER).encrypt(b"x")
    await io(node.write_bytes(raw))
    assert await io(node.exists()) is True
    assert await io(node.is_file()) is True
    assert await io(node.size()) == len(raw)
    assert len(await io(node.md5hash())) == 32
    assert node.ext_attributes[1] == len(raw)
    await io(node.copy_to(storage.node("mem:copy")))
    storage.set_encryption_keys(f"gone:{OTHER}")
    assert await io(storage.node("mem:copy").read_bytes()) == b"x"
    await io(node.delete())
    assert await io(node.exists()) is False


# Text, parts, other ways in


async def test_encrypted_text_keeps_its_newlines_and_its_encoding(keyed, mount, io):
    node = keyed.node(mount, "t")
    await io(node.write_text("a\r\nb\rc\nè", "latin-1", encrypted=True))
    assert await io(node.read_text("latin-1")) == "a\r\nb\rc\nè"
    assert await io(node.read("r", "latin-1")) == "a\r\nb\rc\nè"
    with pytest.raises(UnicodeDecodeError):
        await io(node.read_text())


async def test_parts_of_encrypted_content_are_parts_of_its_plaintext(keyed, mount, io):
    node = keyed.node(mount, "f")
    data = bytes(range(256)) * 1000
    await io(node.write_bytes(data, encrypted="acme"))
    for offset in (0, 1, 7, 300, 255_990, 256_000, 300_000):
        buffer = bytearray(20)
        count = await io(node.read_into(buffer, offset))
        assert bytes(buffer[:count]) == data[offset : offset + 20]


async def test_get_many_gives_plaintext_and_failures_in_their_places(keyed, io):
    await io(keyed.node("mem:a").write_bytes(b"1", encrypted=True))
    await io(keyed.node("mem:b").write_bytes(b"2"))
    await put(keyed.node("mem:c"), HEADER + b"x", io)
    a, b, c = await io(keyed.get_many(["mem:a", "mem:b", "mem:c"], return_exceptions=True))
    assert (a, b) == (b"1", b"2")
    assert isinstance(c, InvalidToken)


async def test_base64_nodes_carry_the_envelope_in_their_path(keyed, io):
    node = keyed.node("b64:")
    assert await io(node.write_bytes(b"secret", encrypted="acme")) is True
    raw = base64.b64decode(node.path)
    assert raw.startswith(b"#GNRE1:acme\n")
    assert Fernet(SECOND).decrypt(raw.partition(b"\n")[2]) == b"secret"
    assert await io(node.read_bytes()) == b"secret"
    assert await io(keyed.node(node.fullpath).read_text()) == "secret"


async def test_copies_and_moves_are_verbatim_and_need_no_key(keyed, mount, io):
    source = keyed.node(mount, "tree/f")
    await io(source.write_bytes(b"secret", encrypted=True))
    md5 = await io(source.md5hash())
    keyed.add_mount({"name": "sealed", "protocol": "memory", "base_path": f"sealed-{mount}", "default_encrypted": True})
    await io(keyed.node(mount, "tree").copy_to(keyed.node("sealed:tree")))
    assert await io(keyed.node("sealed:tree/f").md5hash()) == md5
    assert await io(keyed.node("sealed:tree/f").read_bytes()) == b"secret"
    await io(keyed.node(mount, "plain").write_bytes(b"plain"))
    await io(keyed.node(mount, "plain").copy_to(keyed.node("mem:copied")))
    assert await io(keyed.node("mem:copied").size()) == 5
    moved = await io(source.move_to(keyed.node("mem:moved")))
    assert await io(moved.md5hash()) == md5
    assert await io(moved.read_bytes()) == b"secret"
    await io(keyed.node("sealed:").delete())


def test_an_envelope_that_was_made_by_hand_is_one_like_others(keyed):
    node = keyed.node("home:f")
    with node.open("wb") as file:
        file.write(keyed.encrypt(b"secret", "acme"))
    assert node.read_bytes() == b"secret"
    with node.open("rb") as file:
        assert keyed.decrypt(file.read()) == b"secret"
    with node.open("wb") as file:
        file.write(b"plain")
    assert stored_now(node) == b"plain"


def test_encrypted_writes_of_a_whole_archive_survive(keyed):
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "A" * 100_000)
    node = keyed.node("mem:a.zip")
    node.write_bytes(archive.getvalue(), encrypted=True)
    with zipfile.ZipFile(BytesIO(node.read_bytes())) as file:
        assert file.read("a.txt") == b"A" * 100_000


@pytest.mark.loop_only
async def test_large_contents_are_worked_on_off_the_event_loop(keyed, io):
    data = bytes(32 << 20)
    node = keyed.node("mem:big")
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.002)

    async def is_elsewhere(work):
        before, all_before, here_before = beats, time.process_time(), time.thread_time()
        result = await io(work)
        everywhere, here = time.process_time() - all_before, time.thread_time() - here_before
        # By time of the processor, which is the same on a busy machine.
        assert here < everywhere / 2, "the loop's thread did it"
        assert beats > before + 1, "the loop stood still"
        return result

    heart = asyncio.create_task(beat())
    await is_elsewhere(node.write_bytes(data, encrypted=True))
    assert await is_elsewhere(node.read_bytes()) == data
    heart.cancel()
    await io(node.delete())


def test_many_threads_encrypt_and_read_while_keys_are_replaced(keyed):
    def work(number):
        node = keyed.node(f"mem:threads/{number % 8}/{number}")
        data = str(number).encode() * 2000
        node.write_bytes(data, encrypted=True)
        keyed.set_encryption_keys(f"{FIRST},acme:{SECOND}")
        return node.read_bytes() == data

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


def test_two_managers_share_nothing_but_the_files(keyed):
    keyed.node("home:f").write_bytes(b"x", encrypted=True)
    other = StorageManager()
    other.configure([{"name": "h", "protocol": "local", "base_path": keyed.node("home:").resolved_path}])
    with pytest.raises(StorageError, match="requires installed key material"):
        other.node("h:f").read_bytes()
    other.set_encryption_keys(FIRST)
    assert other.node("h:f").read_bytes() == b"x"
