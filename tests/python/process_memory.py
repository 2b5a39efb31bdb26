"""What a process holds in memory, for tests that weigh one."""

import os

import pytest

# For programs in a process of their own. Not ru_maxrss, which counts the process that this one was forked from.
PEAK = """
def peak():  # bytes
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) * 1024
"""

weighs_memory = pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer keeps freed memory for a while"
)
