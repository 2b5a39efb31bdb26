"""./dev test runs a failed test once more, alone; one that passes then is named as flaky, and only that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

# The first test fails in the first process that runs it, the second in every one.
TESTS = """
from pathlib import Path
import pytest

class TestGroup:
    def test_that_fails_once(self):
        seen = Path(__file__).with_suffix(".seen")
        first = not seen.exists()
        seen.touch()
        assert not first

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
    assert last.endswith("test_some.py::TestGroup::test_that_fails_once']")


def test_a_process_that_died_is_never_taken_for_a_matter_of_chance(folder: Path):
    (folder / "test_crash.py").write_text(CRASH)
    assert run_as_dev_test_does(folder) == "0 passed, 1 failed, flaky: []"
