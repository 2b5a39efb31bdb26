"""./dev says what it takes and refuses what it does not know before it sets up or builds anything."""

import re
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    begin = time.monotonic()
    done = subprocess.run(
        ["./dev", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert time.monotonic() - begin < 50
    # Steps of a set-up or a build tell their time.
    assert not re.search(r" (ok|FAILED)\b", done.stdout)
    return done


def commands() -> list[str]:
    return re.findall(r"^  ([a-z-]+) ", dev("--help").stdout, re.MULTILINE)


def test_every_command_tells_its_usage_at_once():
    assert {"setup", "build", "test", "check", "bench", "fuzz", "serve", "new-backend"} <= set(commands())
    for command in commands():
        for option in ("--help", "-h"):
            done = dev(command, option)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith(f"  {command} ")


def test_fuzz_without_a_target_tells_the_targets():
    targets = {path.name.removesuffix("_fuzz.cc") for path in (ROOT / "tests/fuzz").glob("*_fuzz.cc")}
    assert targets
    for arguments, status in ((["fuzz"], 2), (["fuzz", "--help"], 0)):
        done = dev(*arguments)
        assert done.returncode == status
        assert targets < set(done.stdout.split())
    done = dev("fuzz", "no_such_target")
    assert done.returncode == 2
    assert targets < set(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("nonsense", "no command 'nonsense'"),
        ("build nonsense", "release"),
        ("build base", "release"),
        ("build release debug", "release"),
        ("check --nonsense", "--all"),
        ("docs nonsense", "no arguments"),
        ("new-backend", "NAME"),
        ("new-backend name --nonsense", "--blocking"),
        ("fuzz path soon", "TARGET [S]"),
        ("fuzz path 60 more", "TARGET [S]"),
        ("serve", "minio-tls"),
        ("serve nonsense", "minio-tls"),
        ("serve server.sh", "minio-tls"),
        ("test --nonsense", "unit_net"),
        ("test unit nonsense", "fuzz_replay_path"),
    ],
)
def test_what_a_command_does_not_know_is_an_error_that_names_what_there_is(arguments, named):
    done = dev(*arguments.split())
    assert done.returncode == 2
    assert named in done.stderr
    assert done.stdout == ""
