"""The short suite of the Python tests leaves out what a module that is only built in another way need not show."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import short_suite

PYTHON_TESTS = Path(__file__).resolve().parents[1] / "python"

CONFTEST = """
import short_suite

def pytest_configure(config):
    config.addinivalue_line("markers", "full_only: left out of the short suite")

def pytest_collection_modifyitems(config, items):
    if short_suite.is_wanted():
        short_suite.choose(config, items)
"""
TESTS = """
import pytest

@pytest.mark.parametrize("world", ["sync", "loop"])
@pytest.mark.parametrize("mount", ["mem", "home", "minio", "versitygw"])
def test_everywhere(mount, world):
    pass

@pytest.mark.parametrize("server", ["moto", "versitygw"])
def test_without_the_first(server):
    pass

@pytest.mark.parametrize("server", ["wsgidav", "apache", "minio"])
def test_of_two_protocols(server):
    pass

@pytest.mark.full_only
def test_that_measures():
    pass

def test_plain():
    pass
"""
OF_THE_ENGINE = """
def test_of_a_protocol():
    pass
"""
SHORT = [
    *(f"test_everywhere[{mount}-{world}]" for mount in ("mem", "home", "minio") for world in ("sync", "loop")),
    "test_without_the_first[versitygw]",
    *(f"test_of_two_protocols[{server}]" for server in ("apache", "minio")),
    "test_plain",
]
LEFT_OUT = [
    "test_everywhere[versitygw-sync]",
    "test_everywhere[versitygw-loop]",
    "test_without_the_first[moto]",
    "test_of_two_protocols[wsgidav]",
    "test_that_measures",
]


ENGINE = ["test_of_a_protocol"]


@pytest.mark.parametrize(
    ("asked", "runs"),
    [("1", SHORT + ENGINE), ("boundary", SHORT), ("", SHORT + ENGINE + LEFT_OUT)],
    ids=["short", "boundary", "whole"],
)
def test_one_server_of_each_case_stays_and_all_else_that_is_not_marked(tmp_path: Path, asked: str, runs: list[str]):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_webdav_mounts.py").write_text(OF_THE_ENGINE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--strict-markers", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PYTHON_TESTS), "GENRO_TEST_SHORT": asked},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert sorted(line.split("::")[1] for line in listed.splitlines() if "::" in line) == sorted(runs)


def test_modules_that_the_short_suite_names_are_there():
    names = short_suite.OF_THE_ENGINE
    assert names == {path.name for path in PYTHON_TESTS.glob("test_*.py")} & names
