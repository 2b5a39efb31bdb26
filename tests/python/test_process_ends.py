"""Operations in processes that end, fork or are interrupted: nothing hangs, nothing aborts."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from stalling import slow_mount


def run_python(code, *, cwd, after=None, timeout=100):
    """Runs a program of its own; `after(process)` may disturb it. Gives its exit status, output and errors."""
    package = str(Path(__import__("genro_storage").__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "error", "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": package},
        process_group=0,
    )
    try:
        if after:
            after(process)
        output, errors = process.communicate(timeout=timeout)
    finally:
        with contextlib.suppress(ProcessLookupError):  # with its children: one that hangs holds the pipes open
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return process.returncode, output, errors


SETUP = """
import asyncio, os, signal, sys, threading, time
from genro_storage import StorageManager
storage = StorageManager()
storage.configure([
    {{"name": "home", "protocol": "local", "base_path": os.getcwd()}},
    {{"name": "mem", "protocol": "memory"}},
])
"""
SLOW = (
    SETUP
    + """
storage.add_mount({mount!r})
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
"""
)


def test_the_interpreter_exits_over_pending_operations(stalling, tmp_path):
    code = (
        SLOW.format(mount=slow_mount(stalling))
        + """
async def main():
    tasks = [asyncio.create_task(storage.node("slow:%d" % i).read_bytes()) for i in range(10)]
    await asyncio.sleep(0.2)
    print("leaving", flush=True)
    loop = asyncio.get_running_loop()
    for task in tasks:
        task._log_destroy_pending = False
    loop.stop()
    await asyncio.sleep(3600)
loop = asyncio.new_event_loop()
main_task = loop.create_task(main())
main_task._log_destroy_pending = False
loop.run_forever()
threading.Thread(target=lambda: storage.node("slow:daemon").read_bytes(), daemon=True).start()
time.sleep(0.2)
loop.close()
"""
    )
    begin = time.monotonic()
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "leaving\n"), errors
    assert time.monotonic() - begin < 25  # the engine itself gives the server half a minute


def test_control_c_ends_a_blocked_call(stalling, tmp_path):
    code = (
        SLOW.format(mount=slow_mount(stalling))
        + """
print("reading", flush=True)
try:
    storage.node("slow:big").read_bytes()
except KeyboardInterrupt as error:
    print("interrupted", type(error).__name__)
storage.node("home:after").write_text("works")
print(storage.node("home:after").read_text())
"""
    )

    def interrupt(process):
        assert process.stdout.readline() == "reading\n"
        stalling.wait()
        process.send_signal(2)

    status, output, errors = run_python(code, cwd=tmp_path, after=interrupt, timeout=25)
    assert (status, output) == (0, "interrupted KeyboardInterrupt\nworks\n"), errors


def test_a_signal_handler_that_returns_lets_the_call_go_on(stalling, tmp_path):
    code = (
        SLOW.format(mount=slow_mount(stalling))
        + """
signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
print("reading", flush=True)
try:
    storage.node("slow:big").read_bytes()
except KeyboardInterrupt:
    print("interrupted")
"""
    )

    def disturb(process):
        assert process.stdout.readline() == "reading\n"
        stalling.wait()
        process.send_signal(10)
        assert process.stdout.readline() == "handled\n"
        time.sleep(0.2)
        assert process.poll() is None
        process.send_signal(2)

    status, output, errors = run_python(code, cwd=tmp_path, after=disturb)
    assert (status, output) == (0, "interrupted\n"), errors


def test_a_forked_child_has_an_engine_of_its_own(tmp_path):
    code = (
        SETUP.format()
        + """
async def work(name):
    nodes = [storage.node("home:%s%d" % (name, i)) for i in range(30)]
    await asyncio.gather(*[node.write_text(name) for node in nodes])
    assert await asyncio.gather(*[node.read_text() for node in nodes]) == [name] * 30
asyncio.run(work("parent"))
child = os.fork()
if child == 0:
    asyncio.run(work("child"))
    assert storage.node("home:child0").read_text() == "child"
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
asyncio.run(work("parent again"))
print("done")
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "done\n"), errors


def test_multiprocessing_by_fork_works(tmp_path):
    code = (
        SETUP.format()
        + """
import multiprocessing
def work(i):
    async def body():
        await storage.node("home:%d" % i).write_text(str(i))
        return await storage.node("home:%d" % i).read_text()
    return asyncio.run(body())
if __name__ == "__main__":
    work(99)   # the parent's engine runs
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(pool.map(work, range(6)))
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "['0', '1', '2', '3', '4', '5']\n"), errors


@pytest.mark.parametrize("last_words", ["", "os.kill(os.getpid(), signal.SIGTERM)"])
def test_a_callback_on_a_helper_thread_does_not_disturb_the_exit(tmp_path, last_words):
    code = (
        SETUP.format()
        + f"""
for i in range(20):
    storage.node("home:tree/%d" % i).write_text("x")
async def main():
    task = asyncio.create_task(storage.node("home:tree").copy_to("mem:exit", progress=lambda *_: time.sleep(0.05)))
    await asyncio.sleep(0.1)
    task._log_destroy_pending = False
    asyncio.get_running_loop().stop()
    await asyncio.sleep(3600)
loop = asyncio.new_event_loop()
main_task = loop.create_task(main())
main_task._log_destroy_pending = False
loop.run_forever()
loop.close()
{last_words}
"""
    )
    status, _, errors = run_python(code, cwd=tmp_path)
    assert status == (-15 if last_words else 0), errors


@pytest.mark.parametrize("step", ["sync", "loop", "callback", "refused"])
def test_daemon_threads_at_work_do_not_disturb_the_exit(tmp_path, step):
    code = (
        SETUP.format()
        + f"""
storage.node("home:big").write_bytes(b"x" * 300_000)
def sync():
    storage.node("home:big").read_bytes()
def callback():
    storage.node("home:big").copy_to("mem:%d" % threading.get_ident(), progress=lambda *_: sum(range(1000)))
def refused():
    try:
        storage.node("home:none").read_bytes()
    except FileNotFoundError:
        pass
async def reading():
    while True:
        await storage.node("home:big").read_bytes()
def loop():
    async def main():
        await asyncio.gather(*[reading() for _ in range(10)])
    asyncio.run(main())
def for_ever():
    while True:
        {step}()
for _ in range(6):
    threading.Thread(target=for_ever, daemon=True).start()
time.sleep(0.1)
"""
    )
    for _ in range(5):
        status, _, errors = run_python(code, cwd=tmp_path)
        assert status == 0, errors


@pytest.mark.parametrize("mode", ["wb", "w", "r+b", "a", "rb", "r"])
@pytest.mark.parametrize("warnings", ["default", "ignore"])
def test_a_file_left_open_at_the_exit_tells_so_and_nothing_else(tmp_path, mode, warnings):
    code = (
        SETUP.format()
        + f"""
import warnings
warnings.simplefilter({warnings!r})
storage.node("home:f").write_text("old")
file = storage.node("home:f").open({mode!r})
if file.writable():
    file.write(b"x" * 100_000 if "b" in {mode!r} else "x" * 100_000)
else:
    file.read(1)
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "")
    told = warnings == "default" and mode not in ("r", "rb")
    lines = [line for line in errors.splitlines() if "ResourceWarning" in line]
    assert len(lines) == told, errors
    assert all(line.endswith("unclosed file home:f: what was written is dropped") for line in lines)
    assert not any(word in errors for word in ("Exception ignored", "Traceback", "Error")), errors
    assert (tmp_path / "f").read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_an_awaited_file_left_open_at_the_exit_tells_so_and_nothing_else(tmp_path):
    code = (
        SETUP.format()
        + """
import warnings
warnings.simplefilter("default")
async def main():
    global file
    file = await storage.node("home:f").open("wb").__aenter__()
    await file.write(b"x" * 3_000_000)
asyncio.run(main())
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "")
    assert "ResourceWarning: unclosed file home:f: what was written is dropped" in errors
    assert "Exception ignored" not in errors
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("used_before", [False, True])
def test_files_can_be_opened_in_the_very_last_finalizers(tmp_path, used_before):
    """They run when nothing can be imported any more."""
    code = (
        SETUP.format()
        + f"""
def work(name, storage=storage, open=open):
    with storage.node("home:" + name).open("w") as file:
        file.write("text")
    with storage.node("home:" + name).open("rb") as file:
        assert file.read() == b"text"
    with storage.node("mem:" + name).local_path("w") as path:
        with open(path, "w") as file:
            file.write("by a path")
    storage.node("mem:" + name).copy_to(storage.node("home:" + name + ".copy"))
class AtTheEnd:
    def __del__(self, work=work):
        try:
            import tempfile
        except ImportError:
            work("last")
if {used_before!r}:
    work("before")
at_the_end = AtTheEnd()
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output, errors) == (0, "", "")
    assert (tmp_path / "last").read_text() == "text"
    assert (tmp_path / "last.copy").read_text() == "by a path"


@pytest.mark.parametrize("holder", ["__main__", "sys"])
def test_finalizers_at_the_very_end_read_write_and_open_as_the_program_did(tmp_path, holder):
    code = (
        SETUP.format()
        + f"""
node = storage.node("home:f")
node.write_text("content")

def use(node):
    with node.open("r") as file:
        assert file.read() == "content"
    with node.local_path() as path:
        assert path == node.resolved_path

class Last:
    def __init__(self):
        self.node = node
    def __del__(self, use=use):
        assert self.node.read_text() == "content"
        if {holder!r} == "__main__":
            use(self.node)
        self.node.write_text("by a finalizer")

use(node)
sys.modules[{holder!r}].last_of_all = Last()
del node
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output, errors) == (0, "", "")
    assert (tmp_path / "f").read_text() == "by a finalizer"


def test_a_program_called_at_the_very_end_fails_since_python_is_shutting_down(tmp_path):
    code = (
        SETUP.format()
        + """
class Last:
    def __init__(self):
        self.node = storage.node("home:f")
    def __del__(self):
        self.node.call("true")
last_of_all = Last()
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "")
    assert "ImportError" in errors
    assert "shutting down" in errors
