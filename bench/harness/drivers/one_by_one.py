"""Small operations that return when they are done: one after the other, or on several threads."""

import threading
import time
from itertools import cycle, islice

from harness.fixed_server import verify_put
from harness.sample import Content, Sample, Stopwatch, arguments, names, note_latencies, returns_content


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
        with Stopwatch(sample) as watch:
            found = call()
        times.append(watch.seconds)
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
