"""./dev test runs a failed test once more, alone, and names one that passes then as flaky. It stops only what hangs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

# The first test fails in the first process that runs it, and once more at its end; the second fails in every one.
TESTS = """
from pathlib import Path
import pytest

class TestGroup:
    @pytest.fixture
    def end(self):
        yield
        assert self.seen, "nothing at the end"

    def test_that_fails_once(self, end):
        seen = Path(__file__).with_suffix(".seen")
        self.seen = seen.exists()
        seen.touch()
        assert self.seen, "the first time"

@pytest.mark.parametrize("word", ["a b", "c::d"])
def test_that_fails_always(word):
    assert False

def test_that_passes():
    pass
"""
CRASH = """
import os

def test_that_ends_its_process():
    os._exit(1)
"""
# Runs the file given as ./dev test runs a folder, but for the build and the servers.
RUN = """
import sys
from pathlib import Path
import run_tests
run_tests.ROOT = Path(sys.argv[1])
run_tests.build = lambda preset: None
run_tests.Session.start_servers = lambda session: None
session = run_tests.Session()
run_tests.run_pytest(session, "part", ".")
session.close()
print(f"{session.total.passed} passed, {session.total.failed} failed, flaky: {session.flaky}")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run_as_dev_test_does(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)],
        env=os.environ | {"PYTHONPATH": str(TOOLS)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_test_that_passes_alone_is_flaky_and_one_that_fails_again_fails(folder: Path):
    (folder / "test_some.py").write_text(TESTS)
    last = run_as_dev_test_does(folder)
    assert last.startswith("2 passed, 2 failed, flaky: ['part: ")
    test = "part: test_some.py::TestGroup::test_that_fails_once"
    assert re.search(f"flaky: .'{test}: .*the first time.*', '{test}: .*nothing at the end", last)


def test_a_process_that_died_is_never_taken_for_a_matter_of_chance(folder: Path):
    (folder / "test_crash.py").write_text(CRASH)
    assert run_as_dev_test_does(folder) == "0 passed, 1 failed, flaky: []"


# The second test waits for the one who reads what is told of the first.
WAITING = """
import os

def test_that_fails():
    assert "six" == "seven"

def test_that_waits():
    with open(os.environ["GO"]) as go:
        go.read()
"""


def test_a_failure_is_told_before_the_run_ends(folder: Path):
    (folder / "test_waiting.py").write_text(WAITING)
    os.mkfifo(folder / "go")
    told = []
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "failures_at_once", "--no-summary", str(folder)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(TOOLS), "GO": str(folder / "go")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        for line in run.stdout:
            told.append(line)
            if line.startswith("E       AssertionError"):  # the failure's only line of this kind: who waits reads once
                (folder / "go").write_text("")
    text = "".join(told)
    assert "FAILED test_waiting.py::test_that_fails (call)" in text
    assert text.count("assert 'six' == 'seven'") == 1
    assert told[-1].startswith("1 failed, 1 passed")


def run_watched(command: str, silence: float, folder: Path) -> str:
    code = "import sys, watched_run; print(watched_run.run(['sh', '-c', sys.argv[1]], '.', None, float(sys.argv[2])))"
    return subprocess.run(
        [sys.executable, "-c", code, command, str(silence)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(TOOLS)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout.strip()


def test_a_program_that_says_nothing_is_ended_with_what_it_started(tmp_path: Path):
    os.mkfifo(tmp_path / "held")
    # Whoever opens the reading end comes to its end when nobody has the writing end any more.
    with subprocess.Popen(["cat", tmp_path / "held"], stdin=subprocess.DEVNULL) as held:
        ended = run_watched("sleep 600 >held & echo begun; sleep 600", 10, tmp_path)
        assert held.wait(60) == 0
    assert ended == repr((124, "begun\n\nstopped after 10 s without a word"))


def test_a_program_that_goes_on_to_speak_may_take_its_time(tmp_path: Path):
    ended = run_watched("for i in 1 2 3 4 5 6; do echo $i; sleep 2; done; exit 3", 10, tmp_path)
    assert ended == repr((3, "1\n2\n3\n4\n5\n6\n"))


def test_what_googletest_says_of_passed_tests_is_left_out():
    said = """[----------] 2 tests from Some
[ RUN      ] Some.Good
[       OK ] Some.Good (0 ms)
[ RUN      ] Some.Bad
some_test.cc:3: Failure
[  FAILED  ] Some.Bad (1 ms)
[ RUN      ] Some.Hanging
"""
    code = "import sys, watched_run; sys.stdout.write(watched_run.events(sys.argv[1]))"
    left = subprocess.run(
        [sys.executable, "-c", code, said], env={"PYTHONPATH": str(TOOLS)}, capture_output=True, text=True
    )
    assert left.stdout.splitlines() == [
        "[ RUN      ] Some.Bad",
        "some_test.cc:3: Failure",
        "[  FAILED  ] Some.Bad (1 ms)",
        "[ RUN      ] Some.Hanging",
    ]
