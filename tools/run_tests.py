#!/usr/bin/env python3
"""What ./dev test runs: builds, starts real servers, runs the parts, prints `N passed, N failed` as its last line."""

import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from other_pythons import OLDEST, OtherPython, other_pythons
from test_report import Tally, read_junit
from watched_run import events, run

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parent
SERVERS = [
    "minio",
    "minio-tls",
    "versitygw",
    "moto",
    "nginx",
    "fake-gcs",
    "azurite",
    "apache",
    "wsgidav",
    "github",
]
MOST_REPEATED = 10  # failed tests of one program: more of them are no matter of chance
SILENCE = 600  # seconds without a word from a program of tests: no single test takes a tenth of it
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


class Session:
    """Scratch folder and environment that all parts of one run share."""

    def __init__(self) -> None:
        self.scratch = Path(tempfile.mkdtemp(prefix="genro-test-"))
        self.environment = dict(os.environ, GENRO_SERVERS_DIR=str(self.scratch / "servers"), **SANITIZER_OPTIONS)
        self.started: list[str] = []
        self.absent: list[str] = []
        self.flaky: list[str] = []
        self.total = Tally()
        self.ahead = Ahead()
        self.others: list[OtherPython] = []

    def close(self) -> None:
        self.ahead.close()
        for name in self.started:
            subprocess.run([ROOT / "tests/servers" / name, "stop"], env=self.environment, stdin=subprocess.DEVNULL)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def prepare(self, preset: str) -> None:
        self.ahead.begin(preset, lambda: build(preset))

    def build(self, preset: str) -> None:
        self.prepare(preset)
        self.ahead.result(preset)

    def start_servers(self) -> None:
        if self.started or self.absent:
            return
        for name in SERVERS:
            if name not in ("moto", "wsgidav", "github"):  # which .venv has
                setup = subprocess.run(["bash", "-c", f'root=$PWD; . tools/setup.sh; setup_server "{name}"'], cwd=ROOT)
                if setup.returncode == 3:
                    self.absent.append(name)
                    continue
            done = subprocess.run(
                [ROOT / "tests/servers" / name, "start"], env=self.environment, capture_output=True, text=True
            )
            if done.returncode:
                self.report(f"server {name}", Tally(failed=1), 0, done.stderr)
                continue
            self.started.append(name)
            self.environment.update(line.split("=", 1) for line in done.stdout.splitlines())

    def report(self, name: str, tally: Tally, seconds: float, output: str = "") -> None:
        skipped = f", {sum(tally.skips.values())} skipped" if tally.skips else ""
        failed = f", {tally.failed} FAILED" if tally.failed else ""
        print(f"  {name:<34} {tally.passed:>6} passed{skipped}{failed}  {seconds:.1f}s", flush=True)
        if tally.failed:
            print(output[-20000:], flush=True)
        self.total.add(tally)

    def skip(self, name: str, reason: str) -> None:
        self.report(name, Tally(skips=Counter({reason: 1})), 0)

    def run_program(self, name: str, program: Path, short: bool) -> None:
        """One GoogleTest program. One that dies, leaks at its end or hangs counts as a failure of its own."""
        work = self.scratch / name.replace(" ", "-")
        work.mkdir()
        report = work / "report.xml"
        environment = dict(self.environment, TMPDIR=str(work), GTEST_COLOR="no")
        if short:
            environment["GENRO_TEST_SHORT"] = "1"
        begin = time.monotonic()
        code, output = run([program, f"--gtest_output=xml:{report}"], work, environment, SILENCE)
        output = events(output)
        tally = read_junit(report) if report.exists() else Tally()
        if code and not tally.failed:
            tally.failed = 1
            output += f"\n{name}: ended with code {code}"
        self.repeat_failed(
            name, tally, lambda test: run([program, f"--gtest_filter={test}"], work, environment, SILENCE)[0]
        )
        self.report(name, tally, time.monotonic() - begin, output)
        shutil.rmtree(work, ignore_errors=True)

    def repeat_failed(self, name: str, tally: Tally, run_alone: Callable[[str], int]) -> None:
        """Runs each failed test once more, alone. One that passes then is flaky: it is named, but fails nothing."""
        if len(tally.failed_tests) > MOST_REPEATED:
            return
        for test, failures in tally.failed_tests.items():
            if run_alone(test) == 0:
                tally.failed -= len(failures)
                tally.passed += 1
                self.flaky += [f"{name}: {test}: {failure}" for failure in failures]

    def run_programs(self, preset: str, pattern: str, short: bool) -> None:
        self.prepare(preset)
        self.start_servers()
        self.build(preset)
        folder = ROOT / "build" / preset / "tests"
        programs = sorted(p for p in folder.rglob("*") if p.is_file() and os.access(p, os.X_OK) and p.match(pattern))
        programs = [p for p in programs if "CMakeFiles" not in p.parts and p.suffix == ""]
        # The long ones first, so that the last one to end is not alone for long.
        programs.sort(key=lambda p: p.name.startswith("unit_"))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda p: self.run_program(f"{preset} {p.name}", p, short), programs))


class Ahead:
    """What later parts need, made one after the other while earlier parts run, which often wait for their servers.

    It gets the time that the tests leave: they must not be late by it. Linux gives each thread a priority of its own.
    """

    def __init__(self) -> None:
        self._made: dict[str, Future[Any]] = {}
        self._thread = ThreadPoolExecutor(1, initializer=lambda: os.setpriority(os.PRIO_PROCESS, 0, 19))

    def begin(self, name: str, make: Callable[[], Any]) -> None:
        """Once for each name."""
        if name not in self._made:
            self._made[name] = self._thread.submit(make)

    def result(self, name: str) -> Any:
        return self._made[name].result()

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


def build(preset: str) -> None:
    done = subprocess.run([ROOT / "dev", "build", preset], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        raise BuildError(preset)


class BuildError(Exception):
    pass


def sanitized_python() -> dict[str, str]:
    """Lets an ordinary interpreter load a module built with AddressSanitizer. Leaks pass: it leaks by design."""
    libraries = [
        subprocess.run(["clang++-19", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
        for name in ("libclang_rt.asan-x86_64.so", "libstdc++.so.6")
    ]
    return {
        "LD_PRELOAD": " ".join(libraries),
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": SANITIZER_OPTIONS["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0"),
    }


def old_library() -> dict[str, str]:
    """Where genro-storage 0.8 is installed, for the benchmarks too; without it its tests are skipped."""
    sys.path.insert(0, str(ROOT / "bench"))
    from harness.environments import python_of

    try:
        return {"GENRO_TEST_OLD_LIBRARY": python_of("genro-storage-0.8")}
    except subprocess.CalledProcessError as error:
        print(f"  genro-storage 0.8 could not be installed: {error}", flush=True)
        return {}


def run_pytest(
    session: Session,
    name: str,
    folder: str,
    preset: str = "release",
    python: str | Path = sys.executable,
    short: str = "",
) -> None:
    if not any((ROOT / folder).rglob("test_*.py")):
        print(f"  {name:<34} nothing there yet")
        return
    session.build(preset)
    session.start_servers()
    if folder == "tests/python":
        session.ahead.begin("old library", old_library)
        session.environment.update(session.ahead.result("old library"))
    report = session.scratch / f"{name}.xml"
    begin = time.monotonic()
    pytest = [python, "-m", "pytest", "-q"]
    options = ["-n", "2", "-p", "failures_at_once", "--no-summary", f"--junitxml={report}"]
    settings = ["-o", "junit_logging=no", "-o", "junit_family=xunit1"]
    environment = session.environment | (sanitized_python() if preset == "asan" else {})
    package = ROOT / ("build/asan/package" if preset == "asan" else "python")
    environment["PYTHONPATH"] = f"{package}{os.pathsep}{TOOLS}"  # TOOLS for the plugin
    environment["GENRO_TEST_SHORT"] = short
    code, output = run([*pytest, *options, *settings, folder], ROOT, environment, SILENCE)
    tally = read_junit(report) if report.exists() else Tally()
    if code and not tally.failed:
        tally.failed = 1
    session.repeat_failed(name, tally, lambda test: run([*pytest, test], ROOT, environment, SILENCE)[0])
    session.report(name, tally, time.monotonic() - begin, output)


def prepare_python(session: Session) -> None:
    session.prepare("release")
    session.ahead.begin("old library", old_library)


def prepare_pythons(session: Session) -> None:
    session.others = other_pythons(lambda reason: session.skip("pythons", reason))
    for other in session.others:
        session.ahead.begin(f"python {other.name}", lambda other=other: (other.install(), other.build()))


def run_pythons(session: Session) -> None:
    """The Python tests once more on every other version that is here: a module is good for one version only."""
    if not session.others:
        session.skip("pythons", f"no other CPython from {'.'.join(map(str, OLDEST))} on is here")
    for other in session.others:
        name = f"python {other.name}"
        not_installed, not_built = session.ahead.result(name)
        if not_installed:
            print(not_installed[-2000:], flush=True)
            session.skip(name, f"Python {other.name}: the packages of requirements-test.txt could not be installed")
        elif not_built:
            session.report(f"build {name}", Tally(failed=1), 0, not_built)
        else:
            run_pytest(session, name, "tests/python", python=other.python, short="boundary")


def run_script(session: Session, name: str, script: str) -> None:
    """A script that exits 0 is one test passed."""
    session.build("release")
    begin = time.monotonic()
    code, output = run(["bash", ROOT / script, session.scratch / name], ROOT, session.environment)
    session.report(name, Tally(failed=1) if code else Tally(passed=1), time.monotonic() - begin, output)


def run_docs(session: Session) -> None:
    run_pytest(session, "docs", "tests/docs")
    begin = time.monotonic()
    code, output = run([ROOT / "dev", "docs"], ROOT, session.environment)
    session.report("docs site", Tally(failed=1) if code else Tally(passed=1), time.monotonic() - begin, output)


PARTS: dict[str, Callable[[Session], None]] = {
    "unit": lambda session: session.run_programs("release", "*", short=False),
    "asan": lambda session: session.run_programs("asan", "*", short=True),
    "tsan": lambda session: session.run_programs("tsan", "*", short=True),
    "python": lambda session: run_pytest(session, "python", "tests/python"),
    "python-asan": lambda session: run_pytest(session, "python-asan", "tests/python", preset="asan", short="1"),
    "pythons": run_pythons,
    "install": lambda session: run_script(session, "install", "tests/install/run.sh"),
    "wheel": lambda session: run_script(session, "wheel", "tests/install/wheel.sh"),
    "docs": run_docs,
}


# What parts take that is made ahead; all others take the release build, which is made first.
# What is quick comes first, so that no part waits for another's build.
PREPARED: dict[str, Callable[[Session], None]] = {
    "python": prepare_python,
    "asan": lambda session: session.prepare("asan"),
    "tsan": lambda session: session.prepare("tsan"),
    "python-asan": lambda session: session.prepare("asan"),
    "pythons": prepare_pythons,
}


def programs() -> list[str]:
    """The names of the C++ test programs, as tests/CMakeLists.txt makes them from the folders."""
    tests = ROOT / "tests"
    units = [f"unit_{tier.name}" for tier in sorted((tests / "unit").iterdir()) if any(tier.rglob("*_test.cc"))]
    replays = [f"fuzz_replay_{p.name.removesuffix('_fuzz.cc')}" for p in sorted((tests / "fuzz").glob("*_fuzz.cc"))]
    return [*units, "conformance", "model", "faults", "loadable", *replays]


def main() -> int:
    only_check = sys.argv[1:2] == ["--check"]  # of the names, for ./dev: before it sets up anything
    wanted = sys.argv[1 + only_check :] or list(PARTS)
    for name in wanted:
        if name not in PARTS and not fnmatch.filter(programs(), name):
            print(f"./dev test: no '{name}'; there are: {' '.join([*PARTS, *programs()])}", file=sys.stderr)
            return 2
    if only_check:
        return 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell ignores it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    session = Session()
    begin = time.monotonic()
    parts: list[str] = []
    try:
        order = list(PREPARED)  # after the release build
        for name in sorted(
            wanted, key=lambda name: order.index(name) if name in order else -1
        ):
            PREPARED.get(name, lambda session: session.prepare("release"))(session)
        for name in wanted:
            print(f"{name}", flush=True)
            before, started = session.total.counts(), time.monotonic()
            part = PARTS.get(name, lambda session, name=name: session.run_programs("release", name, short=False))
            try:
                part(session)
            except BuildError as error:
                session.report(f"build {error}", Tally(failed=1), 0, "the build failed, see above")
            counts = [now - then for now, then in zip(session.total.counts(), before, strict=True)]
            parts.append(
                f"  {name:<14} {counts[0]:>6} {counts[1]:>6} {counts[2]:>7} {time.monotonic() - started:>7.0f}"
            )
    finally:
        session.close()
    print("  part           passed failed skipped seconds", *parts, sep="\n")
    total = session.total
    for reason, count in total.skips.most_common():
        print(f"skipped {count}: {reason}")
    if session.flaky:
        print("flaky (failed once, passed alone):", *session.flaky, sep="\n  ")
    if session.absent:
        print(f"servers skipped (they need Go 1.24 or later to build): {', '.join(session.absent)}")
    print(f"{time.monotonic() - begin:.0f} seconds")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
