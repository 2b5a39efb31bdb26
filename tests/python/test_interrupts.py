"""Signals in long sync calls that wait for nothing: handlers run meanwhile, and what they raise ends the call soon."""

import signal

import pytest

pytestmark = pytest.mark.full_only

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SIZE = 256 << 20


class Interrupted(BaseException):
    pass


class Alarm:
    """SIGALRM every 20 ms: counted, or raised from the third on."""

    def __init__(self):
        self.heard = 0
        self.raises = False

    def __call__(self, *_):
        self.heard += 1
        if self.raises and self.heard >= 3:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise Interrupted

    def __enter__(self):
        self.usual = signal.signal(signal.SIGALRM, self)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        return self

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.usual)


@pytest.fixture(scope="module")
def content():
    return bytes(range(256)) * (SIZE // 256)


def node_with(storage, address, content):
    node = storage.node(address)
    node.write_bytes(content)
    return node


def text():
    return "Über den Dächern läuft der Kater €.\n" * (SIZE // 40)


# Each takes most of a second, and none of them waits for a network. Given what they need, the call.
CALLS = {
    "hash memory": lambda storage, content: node_with(storage, "mem:a", content).md5hash,
    "hash local": lambda storage, content: node_with(storage, "home:a", content).md5hash,
    "encrypt": lambda storage, content: lambda: storage.encrypt(content),
    "decrypt": lambda storage, content: (lambda sealed: lambda: storage.decrypt(sealed))(storage.encrypt(content)),
    "write encrypted": lambda storage, content: lambda: storage.node("home:out").write_bytes(content, encrypted=True),
    "read encrypted": lambda storage, content: node_with(storage, "home:a", storage.encrypt(content)).read_bytes,
    "zip": lambda storage, content: node_with(storage, "mem:a", content).zip,
    "zip to a file": lambda storage, content: (lambda node: lambda: node.zip_to("home:out"))(
        node_with(storage, "home:a", content)
    ),
    "base64": lambda storage, content: node_with(storage, "mem:a", content).to_base64,
    "decode text": lambda storage, content: node_with(storage, "mem:a", text().encode()).read_text,
    "encode text": lambda storage, content: (lambda new: lambda: storage.node("mem:out").write_text(new))(text()),
}


@pytest.fixture(params=CALLS)
def long_call(request, storage, content):
    storage.set_encryption_keys(KEY)
    return CALLS[request.param](storage, content)


def test_signal_handlers_run_while_a_long_call_works(long_call):
    with Alarm() as alarm:
        long_call()
        heard = alarm.heard
    assert heard >= 3  # one could have waited for the end


def test_what_a_signal_handler_raises_ends_a_long_call(storage, long_call):
    with Alarm() as alarm:
        alarm.raises = True
        with pytest.raises(Interrupted):
            long_call()
    assert alarm.heard == 3
    assert not storage.node("home:out").exists()
    assert not storage.node("mem:out").exists()
    assert storage.node("mem:small").write_text("works")


def test_a_copy_of_many_files_is_interrupted(storage):
    for number in range(20_000):
        storage.node(f"mem:many/{number}").write_bytes(b"x")
    with Alarm() as alarm:
        alarm.raises = True
        with pytest.raises(Interrupted):
            while True:
                storage.node("mem:many").copy_to("mem:copy")
    assert alarm.heard == 3
