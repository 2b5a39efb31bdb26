"""Large objects on S3: to memory, to a file, and back."""

import os

from harness.fixed_server import Statistics, fetch
from harness.sample import Content, Sample, Stopwatch, note_latencies


def bytes_received(site, second: bool = False) -> int:
    """By the fixed server; nothing is known of a real one."""
    return Statistics(site.second_endpoint if second else site.endpoint).get()["bytes_in"] if site.fixed else 0


def large_get(make, case, site) -> Sample:
    call, sample, content, times = make(site), Sample(), Content(site), []
    into = case.chosen.endswith("_into")
    buffer = bytearray(case.size) if into else None
    call(f"{1 << 16}/warm", *([bytearray(1 << 16)] if into else []))
    for i in range(case.repeats):
        with Stopwatch(sample, case.make_ready) as watch:
            data = call(f"{case.size}/{i}", buffer) if into else call(f"{case.size}/{i}")
        times.append(watch.seconds)
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
        if os.path.exists(target):
            os.unlink(target)
        with Stopwatch(sample, case.make_ready) as watch:
            call(f"{case.size}/{i}", target)
        times.append(watch.seconds)
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
    before = bytes_received(site)
    for i in range(case.repeats):
        with Stopwatch(sample, case.make_ready) as watch:
            call(f"put/{i}", data)
        times.append(watch.seconds)
        sample.operations += 1
    if site.fixed and bytes_received(site) - before < case.size * case.repeats:
        raise AssertionError("the server did not get all bytes")
    note_latencies(sample, times)
    return sample


def stream(make, case, site) -> Sample:
    """A large object through copy_to and its like, once: what counts is resident memory."""
    call, sample, content = make(site), Sample(), Content(site)
    target = os.path.join(site.folder, "out", f"stream-{os.getpid()}")
    other_server = case.chosen.endswith("_across")
    before = bytes_received(site, other_server)
    with Stopwatch(sample, case.make_ready):
        call(case.size, target)
    sample.operations = 1
    if os.path.exists(target):
        sample.bytes_verified = content.check_file(target, case.size)
        os.unlink(target)
    elif site.fixed:
        got = bytes_received(site, other_server) - before
        if got < case.size:
            raise AssertionError(f"the server got {got} bytes instead of {case.size}")
    return sample
