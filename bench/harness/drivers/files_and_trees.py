"""Local files and folders as a whole: copied, sent to S3, digested."""

import os
import shutil
import subprocess
import tempfile

from harness.fixed_server import Statistics
from harness.sample import Sample, Stopwatch, note_latencies


def copy(make, case, site) -> Sample:
    """One operation from `source` to a new `target` below the scratch folder.

    A tree stays there until the run ends: for minutes ext4 does not reuse the inodes of deleted files but searches past
    them, so that whoever copies after a deletion of 10,000 files pays ten times.
    """
    call, sample, times = make(site), Sample(), []
    source = os.path.join(site.folder, case.source)
    target = os.path.join(tempfile.mkdtemp(dir=os.path.join(site.folder, "out")), "copy")
    if case.keep_target:
        shutil.copytree(source, target, copy_function=shutil.copy2)
    os.sync()  # also what earlier measurements wrote
    for _ in range(case.repeats):
        with Stopwatch(sample, case.make_ready) as watch:
            call(source, target)
        times.append(watch.seconds)
        sample.operations += 1
        sample.bytes_verified += compare(source, target)
        if os.path.isfile(target):
            os.unlink(target)
    note_latencies(sample, times)
    return sample


def upload_tree(make, case, site) -> Sample:
    call, sample, times, statistics = make(site), Sample(), [], Statistics(site.endpoint)
    source = os.path.join(site.folder, case.source)
    for _ in range(case.repeats):
        before = statistics.get() if site.fixed else {}
        with Stopwatch(sample, case.make_ready) as watch:
            call(source, "tree")
        times.append(watch.seconds)
        sample.operations += case.objects
        if site.fixed:
            after = statistics.get()
            if (
                after["puts"] - before["puts"] < case.objects
                or after["bytes_in"] - before["bytes_in"] < case.objects * case.size
            ):
                raise AssertionError(f"the server got {after['puts'] - before['puts']} puts instead of {case.objects}")
    note_latencies(sample, times)
    return sample


def digest(make, case, site) -> Sample:
    call, sample = make(site), Sample()
    source = os.path.join(site.folder, case.source)
    with Stopwatch(sample, case.make_ready):
        found = call(source)
    if found != subprocess.run(["md5sum", source], capture_output=True, text=True, check=True).stdout.split()[0]:
        raise AssertionError("wrong MD5")
    sample.operations, sample.bytes_verified = 1, case.size
    return sample


def compare(source: str, target: str) -> int:
    if os.path.isfile(source):
        if subprocess.run(["cmp", "-s", source, target]).returncode:
            raise AssertionError(f"{target} differs")
        return os.path.getsize(source)
    if subprocess.run(["diff", "-rq", source, target], capture_output=True).returncode:
        raise AssertionError(f"{target} differs")
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, files in os.walk(source) for name in files)
