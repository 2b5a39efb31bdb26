"""The drivers: each repeats one adapter's operation in this process and says what it cost. None knows a library.

A driver gets (make, case, site), where make(site) builds the operation, and returns a Sample. Building, warm-up and
verification stay outside the timed part. Every result's length is checked inside it; whole contents are compared before
and after.
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from itertools import cycle, islice

from harness.sample import Content, Sample, Stopwatch, arguments, names, note_latencies, returns_content
from harness.wsgi import sent, served  # noqa: F401  drivers, too

# --- one after the other ----------------------------------------------------------------------------------------------


def timed_loop(call, calls, count: int, case, sample: Sample) -> None:
    """Nothing but the call, and the length of what a get returns."""
    sample.operations = count
    one = [a[0] for a in calls] if len(calls[0]) == 1 else None
    if returns_content(case):
        total = 0
        with Stopwatch(sample):
            for name in islice(cycle(one), count):
                total += len(call(name))
        if total != count * case.size:
            raise AssertionError(f"{total} bytes instead of {count * case.size}")
    elif one:
        with Stopwatch(sample):
            for name in islice(cycle(one), count):
                call(name)
    else:
        with Stopwatch(sample):
            for a in islice(cycle(calls), count):
                call(*a)


def sync(make, case, site) -> Sample:
    call, calls = make(site), arguments(case, site)
    sample, content = Sample(), Content(site)
    if case.fill:  # a memory store starts empty
        call, put = call
        for name in names(case):
            put(name, content.make(case.size))
    if returns_content(case):
        sample.bytes_verified += sum(content.check(call(*a), case.size) for a in calls[: case.verify])
    rounds = 1
    while True:  # as many as fill the time, at least one
        start = time.perf_counter()
        for a in islice(cycle(calls), rounds):
            call(*a)
        took = time.perf_counter() - start
        if took > case.seconds / 10:
            break
        rounds *= 4
    count = max(1, int(rounds * case.seconds / took))
    timed_loop(call, calls, count, case, sample)
    if took / rounds > 5e-6:  # a clock read is not small beside anything shorter
        times = []
        for a in islice(cycle(calls), max(20, count // 4)):
            start = time.perf_counter()
            call(*a)
            times.append(time.perf_counter() - start)
        note_latencies(sample, times)
    if returns_content(case):
        sample.bytes_verified += sum(content.check(call(*a), case.size) for a in calls[: case.verify])
    verify_put(call, case, site, sample)
    return sample


def entries(make, case, site) -> Sample:
    """A listing: the operation returns a list, what counts is one entry of it."""
    call, sample, times = make(site), Sample(), []
    call()
    deadline = time.perf_counter() + case.seconds
    while not sample.operations or time.perf_counter() < deadline:
        start = time.perf_counter()
        with Stopwatch(sample):
            found = call()
        times.append(time.perf_counter() - start)
        if len(found) != case.expected:
            raise AssertionError(f"{len(found)} entries instead of {case.expected}")
        sample.operations += len(found)
        del found
    note_latencies(sample, times)
    return sample


def threads(make, case, site) -> Sample:
    call, calls, sample, content = make(site), arguments(case, site), Sample(), Content(site)
    sample.bytes_verified += sum(content.check(call(*a), case.size) for a in calls[: case.verify])

    def run(count: int, each) -> None:
        pending = islice(cycle(calls), count)
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    batch = list(islice(pending, 8))
                if not batch:
                    return
                for a in batch:
                    each(a)

        workers = [threading.Thread(target=work) for _ in range(case.concurrency)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    lengths, times = [], []

    def timed(a) -> None:
        start = time.perf_counter()
        call(*a)
        times.append(time.perf_counter() - start)

    start = time.perf_counter()
    run(case.concurrency * 16, lambda a: call(*a))
    took = (time.perf_counter() - start) / (case.concurrency * 16)
    sample.operations = max(case.concurrency * 16, int(case.seconds / took))
    with Stopwatch(sample):
        run(sample.operations, lambda a: lengths.append(len(call(*a))))
    if sum(lengths) != sample.operations * case.size:
        raise AssertionError("bytes are missing")
    run(sample.operations // 4, timed)
    note_latencies(sample, times)
    return sample


# --- awaited ----------------------------------------------------------------------------------------------------------


def awaited(make, case, site) -> Sample:
    return asyncio.run(_awaited(make, case, site))


async def _workers(each, calls, count: int, concurrency: int) -> None:
    pending = islice(cycle(calls), count)

    async def work() -> None:
        for a in pending:
            await each(a)

    await asyncio.gather(*(work() for _ in range(concurrency)))


async def _calibrate(each, calls, case) -> int:
    """How many operations fill the time."""
    count = 2 * case.concurrency
    while True:
        start = time.perf_counter()
        await _workers(each, calls, count, case.concurrency)
        took = time.perf_counter() - start
        if took > case.seconds / 10:
            return max(case.concurrency, int(count * case.seconds / took))
        count *= 4


async def _timed_part(call, calls, count: int, case, sample: Sample) -> None:
    """The loops hold nothing but the call, and the length of what a get returns."""
    total = 0
    gets = returns_content(case)
    pending = islice(cycle([a[0] for a in calls] if gets else calls), count)

    async def get() -> None:
        nonlocal total
        for name in pending:
            data = await call(name)  # a statement of its own: += would read the total before it waits
            total += len(data)

    async def other() -> None:
        for a in pending:
            await call(*a)

    with Stopwatch(sample):
        await asyncio.gather(*(get() if gets else other() for _ in range(case.concurrency)))
    sample.operations = count
    if gets and total != count * case.size:
        raise AssertionError(f"{total} bytes instead of {count * case.size}")


async def _awaited(make, case, site) -> Sample:
    sample, content, calls, times = Sample(), Content(site), arguments(case, site), []
    call = await make(site)
    if case.fill:
        call, put = call
        for name in names(case):
            put(name, content.make(case.size))

    async def plain(a) -> None:
        await call(*a)

    async def check(a) -> None:
        sample.bytes_verified += content.check(await call(*a), case.size)

    async def timed(a) -> None:
        start = time.perf_counter()
        await call(*a)
        times.append(time.perf_counter() - start)

    if returns_content(case):
        await _workers(check, calls, case.verify, case.concurrency)
    count = await _calibrate(plain, calls, case)
    await _timed_part(call, calls, count, case, sample)
    await _workers(timed, calls, max(case.concurrency, count // 4), case.concurrency)
    note_latencies(sample, times)
    if returns_content(case):
        await _workers(check, calls, case.verify, case.concurrency)
    elif "put" in case.operations[0] and site.fixed:
        key = f"kept/{os.getpid()}"
        await call(key, content.make(case.size))
        sample.bytes_verified += content.check(fetch(site, key), case.size)
    return sample


def many(make, case, site) -> Sample:
    """One call for many keys; a library without one gathers its awaited get over 64 workers."""
    keys, content, sample = [f"{case.size}/{i}" for i in range(case.objects)], Content(site), Sample()
    if case.chosen == case.operations[0]:
        call = make(site)
        for data in call(keys):
            sample.bytes_verified += content.check(data, case.size)
        with Stopwatch(sample):
            got = call(keys)
    else:

        async def run() -> list:
            get = await make(site)
            results = {}

            async def one(a) -> None:
                results[a[0]] = await get(a[0])

            calls = [(key,) for key in keys]
            await _workers(one, calls, 256, 64)
            results.clear()
            with Stopwatch(sample):
                await _workers(one, calls, len(calls), 64)
            return list(results.values())

        got = asyncio.run(run())
    sample.operations = len(got)
    for data in got:
        sample.bytes_verified += content.check(data, case.size)
    if len(got) != case.objects:
        raise AssertionError(f"{len(got)} results instead of {case.objects}")
    return sample


def burst(make, case, site) -> Sample:
    """All operations awaited at once: memory and sockets."""

    async def run() -> Sample:
        sample, content = Sample(), Content(site)
        get = await make(site)
        content.check(await get(f"{case.size}/0"), case.size)
        reset_statistics(site)
        with Stopwatch(sample):
            results = await asyncio.gather(*(get(f"{case.size}/{i}") for i in range(case.objects)))
        sample.operations = len(results)
        for data in results:
            sample.bytes_verified += content.check(data, case.size)
        sample.extra["connections"] = statistics(site)["peak_connections"]
        return sample

    return asyncio.run(run())


# --- large ------------------------------------------------------------------------------------------------------------


def fetch(site, key: str) -> bytes:
    """What the fixed server kept of an upload, past every library."""
    with urllib.request.urlopen(f"{site.endpoint}/{site.bucket}/{key}") as response:
        return response.read()


def reset_statistics(site) -> None:
    """Blocks, also where it is called inside a loop: nothing else may run between it and what is measured."""
    with urllib.request.urlopen(site.endpoint + "/_reset") as response:
        response.read()


def statistics(site) -> dict:
    with urllib.request.urlopen(site.endpoint + "/_statistics") as response:
        return json.load(response)


def verify_put(call, case, site, sample: Sample) -> None:
    if case.operations[0].startswith("s3_put") and site.fixed:
        key, data = f"kept/{os.getpid()}", Content(site).make(case.size)
        call(key, data)
        sample.bytes_verified += Content(site).check(fetch(site, key), case.size)


def large_get(make, case, site) -> Sample:
    call, sample, content, times = make(site), Sample(), Content(site), []
    into = case.chosen.endswith("_into")
    buffer = bytearray(case.size) if into else None
    call(f"{1 << 16}/warm", *([bytearray(1 << 16)] if into else []))
    for i in range(case.repeats):
        start = time.perf_counter()
        with Stopwatch(sample):
            data = call(f"{case.size}/{i}", buffer) if into else call(f"{case.size}/{i}")
        times.append(time.perf_counter() - start)
        sample.bytes_verified += content.check(buffer if into else data, case.size)
        del data
        sample.operations += 1
    note_latencies(sample, times)
    return sample


def large_get_file(make, case, site) -> Sample:
    call, sample, content, times = make(site), Sample(), Content(site), []
    target = os.path.join(site.folder, "out", f"download-{os.getpid()}")
    call(f"{1 << 16}/warm", target)
    for i in range(case.repeats):
        remove(target)
        start = time.perf_counter()
        with Stopwatch(sample):
            call(f"{case.size}/{i}", target)
        times.append(time.perf_counter() - start)
        sample.bytes_verified += content.check_file(target, case.size)
        sample.operations += 1
    os.unlink(target)
    note_latencies(sample, times)
    return sample


def large_put(make, case, site) -> Sample:
    call, sample, content, times = make(site), Sample(), Content(site), []
    if site.fixed:
        size = 20 << 20  # enough for several parts
        key = f"kept/{os.getpid()}"
        call(key, content.make(size))
        sample.bytes_verified += content.check(fetch(site, key), size)
    data = content.make(case.size)
    before = statistics(site)["bytes_in"] if site.fixed else 0
    for i in range(case.repeats):
        start = time.perf_counter()
        with Stopwatch(sample):
            call(f"put/{i}", data)
        times.append(time.perf_counter() - start)
        sample.operations += 1
    if site.fixed and statistics(site)["bytes_in"] - before < case.size * case.repeats:
        raise AssertionError("the server did not get all bytes")
    note_latencies(sample, times)
    return sample


def copy(make, case, site) -> Sample:
    """One operation from `source` to a new `target` below the scratch folder.

    A tree stays there until the run ends: for minutes ext4 does not reuse the inodes of deleted files but searches past
    them, so that whoever copies after a deletion of 10,000 files pays ten times.
    """
    call, sample, times = make(site), Sample(), []
    source = os.path.join(site.folder, case.source)
    target = os.path.join(site.folder, "out", f"copy-{os.getpid()}")
    if case.keep_target:
        shutil.copytree(source, target, copy_function=shutil.copy2)
    for _ in range(case.repeats):
        start = time.perf_counter()
        with Stopwatch(sample):
            call(source, target)
        times.append(time.perf_counter() - start)
        sample.operations += 1
        sample.bytes_verified += compare(source, target)
        if os.path.isfile(target):
            remove(target)
    note_latencies(sample, times)
    return sample


def digest(make, case, site) -> Sample:
    call, sample = make(site), Sample()
    source = os.path.join(site.folder, case.source)
    with Stopwatch(sample):
        found = call(source)
    if found != subprocess.run(["md5sum", source], capture_output=True, text=True, check=True).stdout.split()[0]:
        raise AssertionError("wrong MD5")
    sample.operations, sample.bytes_verified = 1, case.size
    return sample


def upload_tree(make, case, site) -> Sample:
    call, sample, times = make(site), Sample(), []
    source = os.path.join(site.folder, case.source)
    for _ in range(case.repeats):
        before = statistics(site) if site.fixed else {}
        start = time.perf_counter()
        with Stopwatch(sample):
            call(source, "tree")
        times.append(time.perf_counter() - start)
        sample.operations += case.objects
        if site.fixed:
            after = statistics(site)
            if (
                after["puts"] - before["puts"] < case.objects
                or after["bytes_in"] - before["bytes_in"] < case.objects * case.size
            ):
                raise AssertionError(f"the server got {after['puts'] - before['puts']} puts instead of {case.objects}")
    note_latencies(sample, times)
    return sample


def stream(make, case, site) -> Sample:
    """A large object through copy_to and its like, once: what counts is resident memory."""
    call, sample, content = make(site), Sample(), Content(site)
    target = os.path.join(site.folder, "out", f"stream-{os.getpid()}")
    before = statistics(site)["bytes_in"] if site.fixed else 0
    with Stopwatch(sample):
        call(case.size, target)
    sample.operations = 1
    if os.path.exists(target):
        sample.bytes_verified = content.check_file(target, case.size)
        os.unlink(target)
    elif site.fixed:
        got = statistics(site)["bytes_in"] - before
        if case.chosen.endswith("_across"):
            with urllib.request.urlopen(site.second_endpoint + "/_statistics") as response:
                got = json.load(response)["bytes_in"]
        if got < case.size:
            raise AssertionError(f"the server got {got} bytes instead of {case.size}")
    return sample


def compare(source: str, target: str) -> int:
    if os.path.isfile(source):
        if subprocess.run(["cmp", "-s", source, target]).returncode:
            raise AssertionError(f"{target} differs")
        return os.path.getsize(source)
    if subprocess.run(["diff", "-rq", source, target], capture_output=True).returncode:
        raise AssertionError(f"{target} differs")
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, files in os.walk(source) for name in files)


def remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


# --- a program of its own ---------------------------------------------------------------------------------------------


def program(make, case, site) -> Sample:
    """The operation is a line of Python: a new interpreter runs it, several times."""
    command, sample, times = [sys.executable, "-c", make], Sample(), []
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for _ in range(case.repeats):
        start = time.perf_counter()
        with Stopwatch(sample):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    sample.operations = case.repeats
    sample.peak_rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    note_latencies(sample, times)
    return sample
