"""Processes that fork while threads are at work: the child and the parent go on, and nothing is lost in either."""

import pytest

from test_process_ends import run_python

BUSY = """
import asyncio, os, signal, sys, threading, time, uuid, warnings
from genro_storage import StorageManager
warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads
storage = StorageManager()
storage.configure([
    {{"name": "home", "protocol": "local", "base_path": os.getcwd()}},
    {{"name": "mem", "protocol": "memory", "base_path": uuid.uuid4().hex}},
    {{"name": "b64", "protocol": "base64"}},
])
mounts = ["home", "mem"]
{more}

def use(name):
    for mount in mounts:
        node = storage.node(f"{{mount}}:{{name}}")
        for size in (10, 300_000):
            data = name.encode() * (size // len(name))
            node.write_bytes(data)
            with node.open("rb") as file:
                assert file.read() == data
            assert node.md5hash and [n.basename for n in storage.node(mount, "").children() if n.basename == name]
        assert node.copy_to(storage.node(f"mem:{{name}} of {{mount}}")).read_bytes() == data
        node.delete()

async def use_awaited(name):
    async def one(i):
        for mount in mounts:
            node = storage.node(f"{{mount}}:{{name}}-{{i}}")
            await node.write_bytes(name.encode())
            assert await node.read_bytes() == name.encode()
            await node.delete()
    await asyncio.gather(*[one(i) for i in range(5)])

stop = threading.Event()
failures = []
def at_work(work):
    try:
        while not stop.is_set():
            work()
    except BaseException as error:
        failures.append(error)
threads = [threading.Thread(target=at_work, args=(lambda i=i: use(f"thread{{i}}"),)) for i in range(4)]
threads += [threading.Thread(target=at_work, args=(lambda: asyncio.run(use_awaited("loop")),))]
for thread in threads:
    thread.start()

def child(i):
    signal.alarm(60)  # which ends one that hangs
    use(f"child{{i}}")
    asyncio.run(use_awaited(f"child{{i}}"))
    os._exit(0)

use("parent")
for i in range({forks}):
    pid = os.fork()
    if pid == 0:
        try:
            child(i)
        except BaseException:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(3)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 0, f"child {{i}} ended with {{status}}"
stop.set()
for thread in threads:
    thread.join()
assert not failures, failures
use("parent")
print("done")
"""


def test_a_child_works_whatever_the_threads_of_its_parent_were_doing(tmp_path):
    status, output, errors = run_python(BUSY.format(more="", forks=60), cwd=tmp_path, timeout=300)
    assert (status, output) == (0, "done\n"), errors


@pytest.mark.parametrize("server", ["minio", "versitygw"])
def test_a_child_works_while_threads_use_a_server(tmp_path, s3_config, server):
    more = f"storage.add_mount({s3_config('s3', server)!r})\nmounts.append('s3')"
    status, output, errors = run_python(BUSY.format(more=more, forks=40), cwd=tmp_path, timeout=300)
    assert (status, output) == (0, "done\n"), errors


INHERITED = """
import asyncio, os, signal, sys, warnings
from genro_storage import StorageManager
warnings.simplefilter("ignore", DeprecationWarning)
storage = StorageManager()
storage.configure([{{"name": "home", "protocol": "local", "base_path": os.getcwd()}}])
storage.add_mount({mount!r})
data = bytes(range(256)) * 160_000
node, out = storage.node({mount!r}["name"], "big"), storage.node({mount!r}["name"], "out")
node.write_bytes(data)
async def awaited():  # which starts the engine's own thread
    return await node.exists()
assert asyncio.run(awaited())

def in_child(work):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)  # which ends one that hangs
        status = 3
        try:
            work()
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

with node.open("rb") as reader, out.open("wb") as writer:
    first = reader.read(1_000_000)
    writer.write(data[:20_000_000])

    def read_on():
        assert first + reader.read() == data

    def write_on():
        try:
            writer.write(b"child" * 2_000_000)
            writer.close()
        except ValueError as error:
            assert "parent" in str(error), error
        else:
            raise AssertionError("the child has written")
        assert not out.exists()

    in_child(read_on)
    in_child(write_on)
    assert first + reader.read() == data
    writer.write(data[20_000_000:])
assert out.read_bytes() == data
print("done")
"""


@pytest.mark.parametrize("server", ["minio", "versitygw"])
def test_an_open_file_of_a_server_is_not_torn_between_parent_and_child(tmp_path, s3_config, server):
    code = INHERITED.format(mount=s3_config("m", server))
    status, output, errors = run_python(code, cwd=tmp_path, timeout=300)
    assert (status, output) == (0, "done\n"), errors


@pytest.mark.parametrize("protocol", ["local", "memory"])
def test_an_open_file_is_not_torn_between_parent_and_child(tmp_path, protocol):
    (tmp_path / "m").mkdir()
    code = INHERITED.format(mount={"name": "m", "protocol": protocol, "base_path": str(tmp_path / "m")})
    status, output, errors = run_python(code, cwd=tmp_path, timeout=300)
    assert (status, output) == (0, "done\n"), errors


CALLED_BACK = """
import asyncio, os, threading, warnings
from genro_storage import StorageManager
warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads
storage = StorageManager()
storage.configure([{"name": "mem", "protocol": "memory"}])
for i in range(300):
    storage.node(f"mem:from/{i}").write_bytes(b"content")

stop = threading.Event()
async def copy(name):
    while not stop.is_set():
        targets = [storage.node(f"mem:{name}-{i}") for i in range(4)]
        await asyncio.gather(*[storage.node("mem:from").copy_to(target, on_file=lambda *_: None) for target in targets])
threads = [threading.Thread(target=lambda i=i: asyncio.run(copy(i))) for i in range(3)]
for thread in threads:
    thread.start()
for _ in range(600):
    if not (pid := os.fork()):
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
stop.set()
for thread in threads:
    thread.join()
"""


def test_a_child_begins_whatever_callbacks_were_about_to_enter_python(tmp_path):
    assert run_python(CALLED_BACK, cwd=tmp_path) == (0, "", "")


def test_a_callback_may_fork(tmp_path):
    code = (
        BUSY.format(more="", forks=0)
        + """
def listener(*_):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        assert storage.node("home:tree/a").read_text() == "a"
        os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    forks.append(pid)
for name in ("a", "b"):
    storage.node(f"home:tree/{name}").write_text(name)
os.symlink("nowhere", "tree/broken")
for how in ("progress", "on_file"):
    forks = []
    storage.node("home:tree").copy_to(storage.node(f"mem:{how}"), **{how: listener})
    assert forks
    forks = []
    async def main():
        await storage.node("home:tree").copy_to(storage.node(f"mem:{how} awaited"), **{how: listener})
    asyncio.run(main())
    assert forks
print("forked")
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path, timeout=300)
    assert (status, output) == (0, "done\nforked\n"), errors


@pytest.mark.parametrize("when", ["module", "cycle", "sys.modules", "atexit"])
def test_a_node_may_be_used_in_the_last_finalizers(tmp_path, when):
    keep = {
        "module": "",
        "cycle": "last.self = last; last.modules = list(sys.modules.values())",
        "sys.modules": "sys.modules['zzz'] = last; del last",
        "atexit": "import atexit; atexit.register(last.__del__)",
    }[when]
    code = f"""
import asyncio, os, sys
from genro_storage import StorageManager
storage = StorageManager()
storage.configure([
    {{"name": "home", "protocol": "local", "base_path": os.getcwd()}},
    {{"name": "mem", "protocol": "memory"}},
])
class Last:
    def __init__(self):
        self.nodes = [storage.node("home:f"), storage.node("mem:f")]
        self.missing = [storage.node("home:none"), storage.node("mem:none")]
        self.expected, self.say = FileNotFoundError, os.write
    def __del__(self):
        for node in self.nodes:
            node.write_text("late")
            assert node.read_text() == "late"
            node.copy_to(self.nodes[1].parent.child("copy"))
            node.parent.children()
        for node in self.missing:
            try:
                node.read_bytes()
            except self.expected:
                self.say(1, b"missing ")
async def main():
    await storage.node("home:f").write_text("early")
asyncio.run(main())
last = Last()
{keep}
"""
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, errors) == (0, "")
    assert output.startswith("missing missing ")
    assert (tmp_path / "f").read_text() == "late"
