"""call(): real programs over nodes."""

import asyncio
import contextlib
import gc
import logging
import os
import subprocess
import sys
import threading
import time

import pytest

from test_process_ends import run_python

PYTHON = sys.executable
APPEND = "import sys; open(sys.argv[1], 'a').write(' more')"


pytestmark = pytest.mark.usefixtures("temporary")


async def test_a_program_sees_and_changes_a_node(storage, mount, io):
    node = storage.node(mount, "f.txt")
    await io(node.write_text("some"))
    assert await io(node.call(PYTHON, "-c", APPEND, node)) is None
    assert await io(node.read_text()) == "some more"


async def test_a_program_makes_a_file(storage, mount, io):
    node = storage.node(mount, "out.txt")
    if mount == "home":
        await io(storage.node(mount, "x").write_text(""))
    await io(node.call(PYTHON, "-c", APPEND, node))
    assert await io(node.read_text()) == " more"


async def test_arguments_are_words_and_the_receiver_is_none_of_them(storage, io):
    output = await io(
        storage.node("mem:f").call(
            PYTHON, "-c", "import sys; print(sys.argv[1:])", 1, "a b;$HOME", None, return_output=True
        )
    )
    assert output == "['1', 'a b;$HOME', 'None']\n"


async def test_a_shell_is_used_only_when_asked(storage, io):
    node = storage.node("mem:a b.txt")
    await io(node.write_text("x"))
    assert await io(node.call("echo", "$HOME;ls", return_output=True)) == "$HOME;ls\n"
    assert await io(node.call('wc -c < "$0"; echo two', node, shell=True, return_output=True)) == "1\ntwo\n"


async def test_output_is_text(storage, io):
    call = storage.node("mem:f").call
    assert await io(call("printf", "caff\\303\\250", return_output=True)) == "caffè"
    assert await io(call("printf", "a\\r\\nb", return_output=True)) == "a\r\nb"
    assert await io(call("printf", "a\\r\\nb", return_output=True, text=True)) == "a\nb"
    assert await io(call("true", return_output=True)) == ""
    with pytest.raises(UnicodeDecodeError):
        await io(call("printf", "\\377", return_output=True))


async def test_without_return_output_it_is_inherited(storage, io, capfd):
    assert await io(storage.node("mem:f").call("echo", "seen")) is None
    assert capfd.readouterr().out == "seen\n"


async def test_keyword_arguments_are_those_of_subprocess(storage, io, tmp_path):
    call = storage.node("mem:f").call
    assert await io(call("pwd", cwd=tmp_path, return_output=True)) == f"{tmp_path}\n"
    assert await io(call("env", env={"A": "b"}, return_output=True)) == "A=b\n"
    assert await io(call("cat", input=b"piped", return_output=True)) == "piped"
    assert (
        await io(call("sh", "-c", "echo oops >&2; echo fine", stderr=subprocess.DEVNULL, return_output=True))
        == "fine\n"
    )
    with open(os.devnull) as nothing:
        assert await io(call("cat", stdin=nothing, return_output=True)) == ""


async def test_a_failing_program_uploads_nothing_and_calls_nobody(storage, mount, io):
    node = storage.node(mount, "f.txt")
    await io(node.write_text("old"))
    called = []
    script = "import sys; open(sys.argv[1], 'w').write('new'); sys.exit(3)"
    with pytest.raises(subprocess.CalledProcessError) as failed:
        await io(node.call(PYTHON, "-c", script, node, callback=lambda: called.append(1)))
    assert failed.value.returncode == 3
    assert called == []
    if mount != "home":  # there it is the file itself
        assert await io(node.read_text()) == "old"


async def test_a_missing_program(storage, io):
    with pytest.raises(FileNotFoundError):
        await io(storage.node("mem:f").call("no-such-program-of-any-kind"))
    with pytest.raises(ValueError, match="program"):
        await io(storage.node("mem:f").call())


async def test_a_timeout_kills_the_program(storage, io):
    node = storage.node("mem:f")
    begun = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        await io(node.call("sh", "-c", "exec sleep 600", node, timeout=0.1))
    assert time.monotonic() - begun < 60
    assert await io(node.exists()) is False


async def test_the_callback_comes_after_the_upload(storage, mount, io):
    node = storage.node(mount, "f.txt")
    await io(node.write_text("some"))
    seen = []

    def look():
        with node.open() as file:
            seen.append(file.read())

    await io(node.call(PYTHON, "-c", APPEND, node, callback=look))
    assert seen == ["some more"]


@pytest.mark.loop_only
async def test_a_callback_may_be_a_coroutine_in_a_loop(storage):
    node = storage.node("mem:f.txt")
    seen = []

    async def look():
        seen.append(await node.read_text())

    await node.call(PYTHON, "-c", APPEND, node, callback=look)
    assert seen == [" more"]


async def test_one_node_is_one_file_however_often_it_is_named(storage, io):
    await io(storage.node("mem:d/f.txt").write_text("some"))
    storage.add_mount({"name": "view", "path": "mem:d"})
    script = "import sys; assert len(set(sys.argv[1:])) == 1; open(sys.argv[1], 'a').write(' more')"
    nodes = [storage.node("mem:d/f.txt"), storage.node("mem:d/f.txt"), storage.node("view:f.txt")]
    await io(nodes[0].call(PYTHON, "-c", script, *nodes))
    assert await io(nodes[0].read_text()) == "some more"


async def test_untouched_arguments_are_not_written_back(storage, mount, io):
    node = storage.node(mount, "f.txt")
    await io(node.write_text("old"))
    before = await io(node.mtime())
    assert await io(node.call("cat", node, return_output=True)) == "old"
    assert await io(node.mtime()) == before
    missing = storage.node(mount, "none.txt")
    if mount != "home":
        await io(node.call("cat", missing))
        assert await io(missing.exists()) is False


async def test_what_cannot_be_written_is_an_input(storage, mount, io):
    await io(storage.node(mount, "f.txt").write_text("hello"))
    storage.add_mount({"name": "view", "path": f"{mount}:", "permissions": "readonly"})
    call = storage.node("mem:f").call
    assert await io(call("cat", storage.node("view:f.txt"), return_output=True)) == "hello"
    assert await io(call("cat", storage.node("b64", "aGVsbG8="), return_output=True)) == "hello"


@pytest.mark.parametrize("mount", ["mem", "minio", "versitygw"], indirect=True)
async def test_a_missing_input_is_found_out_before_the_program_runs(storage, mount, io, tmp_path):
    storage.add_mount({"name": "view", "path": f"{mount}:", "permissions": "readonly"})
    with pytest.raises(FileNotFoundError):
        await io(storage.node("view:none").call("touch", tmp_path / "ran", storage.node("view:none")))
    assert not (tmp_path / "ran").exists()


@pytest.mark.loop_only
async def test_one_failed_upload_does_not_lose_the_others(storage, tmp_path):
    bad, good = storage.node("mem:new"), storage.node("mem:good")
    begun, go = tmp_path / "begun", tmp_path / "go"
    # The first target becomes a folder while the program runs.
    script = 'touch "$0"; until [ -e "$1" ]; do sleep 0.01; done; echo out > "$2"; echo out > "$3"'
    calling = asyncio.ensure_future(bad.call("sh", "-c", script, begun, go, bad, good))
    await asyncio.to_thread(wait_until, begun.exists)
    await storage.node("mem:new/inner").write_text("x")
    go.touch()
    with pytest.raises(OSError):
        await calling
    assert await good.read_text() == "out\n"


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_in_async_mode_it_returns_at_once(storage, mount, capfd, tmp_path):
    node, go = storage.node(mount, "f.txt"), tmp_path / "go"
    called = []
    script = 'until [ -e "$0" ]; do sleep 0.01; done; echo loud; printf done > "$1"'
    assert node.call("sh", "-c", script, go, node, async_mode=True, callback=lambda: called.append(1)) is None
    assert called == []
    go.touch()
    wait_until(lambda: called)
    with node.open() as file:
        assert file.read() == "done"
    assert called == [1]
    assert capfd.readouterr().out == ""


def test_a_failure_in_async_mode_is_logged(storage, caplog):
    called = []
    with caplog.at_level(logging.ERROR, "genro_storage"):
        assert storage.node("mem:f").call("false", async_mode=True, callback=lambda: called.append(1)) is None
        wait_until(lambda: caplog.records)
    assert caplog.records[0].exc_info[0] is subprocess.CalledProcessError
    assert called == []


@pytest.mark.loop_only
async def test_the_loop_runs_on_and_calls_overlap(storage, tmp_path):
    call = storage.node("mem:f").call
    # Each ends when all are there.
    script = 'touch "$0/$1"; until [ $(ls "$0" | wc -l) = 10 ]; do sleep 0.01; done'
    (tmp_path / "there").mkdir()
    await asyncio.gather(*[call("sh", "-c", script, tmp_path / "there", i, timeout=60) for i in range(10)])


@pytest.mark.loop_only
async def test_nothing_runs_before_it_is_awaited(storage, tmp_path):
    calling = storage.node("mem:f").call("touch", tmp_path / "ran")
    await asyncio.sleep(0.05)
    assert not (tmp_path / "ran").exists()
    await calling
    assert (tmp_path / "ran").exists()


@pytest.mark.loop_only
async def test_a_cancelled_call_kills_its_program_and_uploads_nothing(storage, mount, tmp_path):
    node = storage.node(mount, "f.txt")
    await node.write_text("old")
    pid_file = tmp_path / "pid"
    script = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    calling = asyncio.ensure_future(node.call(PYTHON, "-c", script, pid_file, node))
    await asyncio.to_thread(wait_until, lambda: pid_file.exists() and pid_file.read_text())
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert await node.read_text() == "old"


# A program that ends at once, or stays, and leaves one behind that holds its output open.
LEAVES_ONE = 'sleep 600 & echo $! > "$0"; exec sleep 600'


async def test_a_timeout_ends_what_the_program_started_too(storage, io, tmp_path):
    call = storage.node("mem:f").call
    begun = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        await io(call("sh", "-c", LEAVES_ONE, tmp_path / "pid", return_output=True, timeout=0.5))
    assert time.monotonic() - begun < 60
    wait_until(lambda: is_gone(tmp_path / "pid"))


@pytest.mark.loop_only
@pytest.mark.parametrize("captured", [True, False])
async def test_a_cancelled_call_waits_for_no_pipe_that_another_program_holds(storage, tmp_path, captured):
    call = storage.node("mem:f").call
    calling = asyncio.ensure_future(call("sh", "-c", LEAVES_ONE, tmp_path / "pid", return_output=captured))
    await asyncio.to_thread(wait_until, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    begun = time.monotonic()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert time.monotonic() - begun < 60
    await asyncio.to_thread(wait_until, lambda: is_gone(tmp_path / "pid"))


@pytest.mark.loop_only
async def test_a_closed_coroutine_ends_its_program(storage, tmp_path):
    call = storage.node("mem:f").call("sh", "-c", LEAVES_ONE, tmp_path / "pid", return_output=True)

    async def body():
        await call

    calling = asyncio.ensure_future(body())
    await asyncio.to_thread(wait_until, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    call.close()
    await asyncio.to_thread(wait_until, lambda: is_gone(tmp_path / "pid"))
    calling.cancel()


def is_starting():
    return any(thread.name == "genro_storage call" for thread in threading.enumerate())


@pytest.mark.loop_only
@pytest.mark.parametrize("turns", range(4))
async def test_a_coroutine_closed_when_its_program_has_just_started_ends_it_too(storage, tmp_path, turns):
    call = storage.node("mem:f").call("sh", "-c", LEAVES_ONE, tmp_path / "pid", return_output=True)

    async def body(call):
        await call

    calling = asyncio.ensure_future(body(call))
    await asyncio.sleep(0)
    wait_until(lambda: not is_starting())  # the loop has been told, and hears of it when it turns again
    for _ in range(turns):
        await asyncio.sleep(0)
    call.close()
    calling.cancel()
    with contextlib.suppress(asyncio.CancelledError, RuntimeError):  # what it waits for is closed
        await calling
    # Perhaps it was ended before it could write who it is.
    await asyncio.to_thread(wait_until, lambda: not (tmp_path / "pid").exists() or is_gone(tmp_path / "pid"))
    del call, calling
    gc.collect()  # tells of pipes that nobody has closed


def is_gone(pid_file):
    """Also one that nobody has waited for yet."""
    try:
        with open(f"/proc/{pid_file.read_text().strip()}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second: it went between opening and reading
        return True


@pytest.mark.loop_only
async def test_calls_take_no_thread_each(storage, tmp_path):
    call = storage.node("mem:f").call
    (tmp_path / "there").mkdir()
    script = 'touch "$0/$1"; until [ -e "$0/go" ]; do sleep 0.05; done'
    calls = [asyncio.ensure_future(call("sh", "-c", script, tmp_path / "there", i)) for i in range(40)]
    await asyncio.to_thread(wait_until, lambda: len(list((tmp_path / "there").iterdir())) == 40)
    before = {thread.name for thread in threading.enumerate()}
    (tmp_path / "there" / "go").touch()
    await asyncio.gather(*calls)
    assert not [name for name in before if name.startswith("genro_storage call")]


@pytest.mark.loop_only
async def test_what_is_given_and_written_may_be_of_any_size(storage):
    call = storage.node("mem:f").call
    data = bytes(range(256)) * 12_000
    assert await call("wc", "-c", input=data, return_output=True) == f"{len(data)}\n"
    assert await call("cat", input=data.hex(), text=True, return_output=True) == data.hex()
    assert await call("true", input=data) is None  # which reads nothing of it
    both = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"
    assert len(await call("sh", "-c", both, capture_output=True, return_output=True)) == 3_000_000


async def test_failures_tell_what_was_written(storage, io):
    call = storage.node("mem:f").call
    script = "echo out; echo wrong >&2; exit 4"
    with pytest.raises(subprocess.CalledProcessError) as failed:
        await io(call("sh", "-c", script, capture_output=True))
    assert (failed.value.returncode, failed.value.stdout, failed.value.stderr) == (4, b"out\n", b"wrong\n")
    with pytest.raises(subprocess.TimeoutExpired) as late:
        await io(call("sh", "-c", "echo out; exec sleep 600", return_output=True, text=True, timeout=1))
    assert late.value.output == b"out\n"
    with pytest.raises(TypeError):
        await io(call("cat", input="text, but not as text", return_output=True))


# In processes of their own: they change the limit of descriptors, or are interrupted.

WITH_FEW_DESCRIPTORS = """
import asyncio, resource, threading
from genro_storage import StorageManager
storage = StorageManager()
storage.configure([{"name": "mem", "protocol": "memory"}])
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
call = storage.node("mem:f").call
def one(i):
    return call("sh", "-c", "sleep 0.1; echo $0", i, return_output=True)
async def main():
    return await asyncio.gather(*[one(i) for i in range(100)])
wanted = [f"{i}\\n" for i in range(100)]
assert asyncio.run(main()) == wanted
found = {}
threads = [threading.Thread(target=lambda i=i: found.update({i: one(i)})) for i in range(100)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert [found[i] for i in range(100)] == wanted
print("done")
"""


def test_calls_wait_for_descriptors_when_there_are_few(tmp_path):
    status, output, errors = run_python(WITH_FEW_DESCRIPTORS, cwd=tmp_path)
    assert (status, output) == (0, "done\n"), errors


INTERRUPTED = """
import asyncio, signal
from genro_storage import StorageManager
storage = StorageManager()
storage.configure([{{"name": "mem", "protocol": "memory"}}])
signal.signal(signal.SIGINT, signal.default_int_handler)
def call():
    return storage.node("mem:f").call("sh", "-c", '{script}', "pid", return_output=True)
async def awaited():
    await call()
try:
    {how}
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("how", ["call()", "asyncio.run(awaited())"])
def test_control_c_ends_the_program_and_what_it_started(tmp_path, how):
    pid = tmp_path / "pid"

    def interrupt(process):
        wait_until(lambda: pid.exists() and pid.read_text())
        process.send_signal(2)

    code = INTERRUPTED.format(script=LEAVES_ONE, how=how)
    status, output, errors = run_python(code, cwd=tmp_path, after=interrupt)
    assert (status, output) == (0, "interrupted\n"), errors
    wait_until(lambda: is_gone(pid))
