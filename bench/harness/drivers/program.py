"""A program of its own."""

import resource
import subprocess
import sys

from harness.sample import Sample, Stopwatch, note_latencies


def program(make, case, site) -> Sample:
    """The operation is a line of Python: a new interpreter runs it, several times."""
    command, sample, times = [sys.executable, "-c", make], Sample(), []
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for _ in range(case.repeats):
        with Stopwatch(sample) as watch:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(watch.seconds)
    sample.operations = case.repeats
    sample.peak_rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    note_latencies(sample, times)
    return sample
