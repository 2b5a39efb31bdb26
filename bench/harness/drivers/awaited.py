"""Small operations that are awaited: some at once, all at once, or many keys in one call."""

import asyncio
import os
import time
from itertools import cycle, islice

from harness.fixed_server import Statistics, fetch
from harness.sample import Content, Sample, Stopwatch, arguments, names, note_latencies, returns_content


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

    with Stopwatch(sample, case.make_ready):
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
        statistics = Statistics(site.endpoint)
        statistics.reset()
        with Stopwatch(sample):
            results = await asyncio.gather(*(get(f"{case.size}/{i}") for i in range(case.objects)))
        sample.operations = len(results)
        for data in results:
            sample.bytes_verified += content.check(data, case.size)
        sample.extra["connections"] = statistics.get()["peak_connections"]
        return sample

    return asyncio.run(run())
