"""Runs a program of ./dev test: to its end, or until it has been silent for so long that it can only hang."""

import os
import re
import selectors
import signal
import subprocess
from pathlib import Path

# What GoogleTest says of a test that passed or was skipped without a word, and the rules between suites.
UNEVENTFUL = re.compile(r"\[ RUN      \] .*\n\[ +(?:OK|SKIPPED) \] .*\n|\[-+\].*\n", re.MULTILINE)


def run(command: list[object], folder: Path, environment: dict[str, str], silence: float = 1800) -> tuple[int, str]:
    """Its exit code and all that it wrote. It is ended, with what it started, after `silence` seconds without a word.

    Time alone ends nothing: a slow machine makes a program late, but not quiet.
    """
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as program:
        try:
            output, ended = read_until_silent(program, silence)
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)
    if not ended:
        return 124, f"{output}\nstopped after {silence:g} s without a word"
    return program.returncode, output


def read_until_silent(program: subprocess.Popen[bytes], silence: float) -> tuple[str, bool]:
    """What it wrote, and whether that was all."""
    assert program.stdout is not None
    written = []
    ended = False
    with selectors.DefaultSelector() as selector:
        selector.register(program.stdout, selectors.EVENT_READ)
        while not ended and selector.select(silence):
            written.append(os.read(program.stdout.fileno(), 1 << 16))
            ended = not written[-1]
    if ended:
        program.wait()
    return b"".join(written).decode(errors="replace"), ended


def events(output: str) -> str:
    """The output of GoogleTest without what it says of tests that passed."""
    return UNEVENTFUL.sub("", output)
