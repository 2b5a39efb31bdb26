"""One run: measures the chosen cases and libraries in alternating rounds, leaves results.json and the page.

Each measurement is a fresh process, pinned to the client's core; the server has a core of its own. Within a round every
library is measured once, and the order moves on by one from round to round, so that what else the machine does falls on
all alike.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from harness import loop_lag, page, paired, prepare, table
from harness.case import LIBRARIES, SLOW, Case
from harness.environments import BENCH, python_of, versions
from harness.site import Site
from harness.spare_memory import spare_memory
from harness.workloads import CASES

ROOT = BENCH.parent
SERVER_CORE, CLIENT_CORE = 0, 1


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default="", help="workloads or rows, for example W1,W3,W15-durable")
    parser.add_argument("--libraries", default="", help=f"some of: {', '.join(LIBRARIES)}")
    parser.add_argument("--rounds", type=int, help="default: 5, with --loop-lag 3")
    parser.add_argument(
        "--quick", action="store_true", help="one round, short, smaller sizes: does it work, and roughly how fast"
    )
    parser.add_argument(
        "--minio",
        action="store_true",
        help="one round of the S3 rows against MinIO instead (GENRO_TEST_MINIO, or the tests' server)",
    )
    parser.add_argument(
        "--loop-lag",
        action="store_true",
        help="how long an event loop waits for its turn beside awaited calls; --only takes words of its rows",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help=f"this library only, beside the one of another built checkout (default rows: {paired.USUAL})",
    )
    parser.add_argument("--unpinned", action="store_true", help="let clients and server use every core")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "build" / "bench", help="folder for results and scratch files"
    )
    parser.add_argument(
        "--page",
        type=Path,
        help="write the page here (default: docs/benchmarks.md after a whole run or a whole pass against MinIO); with "
        "--against, the table into this page",
    )
    parser.add_argument(
        "--from-results", action="store_true", help="measure nothing, write the page from the last results"
    )
    options = parser.parse_args(words)
    options.rounds = options.rounds or usual_rounds(options)
    return options


def usual_rounds(options: argparse.Namespace) -> int:
    return 3 if options.loop_lag else 5


def chosen_cases(options: argparse.Namespace) -> list[Case]:
    wanted = [name for name in options.only.split(",") if name]
    cases = [case for case in CASES if not wanted or case.id in wanted or case.name in wanted]
    unknown = set(wanted) - {case.id for case in CASES} - {case.name for case in CASES}
    if unknown:
        sys.exit(f"no such workload: {', '.join(sorted(unknown))}")
    if options.minio:
        cases = [replace(case, rounds=1, goals=(), limits={}) for case in cases if case.minio]
    if options.quick:
        cases = [replace(case, **{"seconds": 0.15, "rounds": 1, "repeats": 1, **case.quick}) for case in cases]
    return cases


@cache
def operations_of(library: str) -> frozenset[str]:
    """The functions of an adapter, read and not imported: its library lives in another environment."""
    names = set()
    path = BENCH / "libraries" / (library.replace("-", "_").replace(".", "_") + ".py")
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            names |= operations_of(node.module.split(".")[-1])
    return frozenset(names)


class Session:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.folder = options.results.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.results: dict[str, dict] = {}
        self.stack = ExitStack()
        self.sites: dict[str, Site] = {}

    def __enter__(self):
        self.programs = prepare.build_programs(self.folder)
        self.spare = self.stack.enter_context(spare_memory())
        core = None if self.options.unpinned else SERVER_CORE
        authority, certificate, key = prepare.certificates(self.folder)
        ports = {
            "fixed": self.stack.enter_context(prepare.fixed_server(self.programs, core=core)),
            "delayed": self.stack.enter_context(prepare.fixed_server(self.programs, "--delay-ms", "2", core=core)),
            "tls": self.stack.enter_context(
                prepare.fixed_server(self.programs, "--certificate", str(certificate), "--key", str(key), core=core)
            ),
            "stores": self.stack.enter_context(prepare.fixed_server(self.programs, "--list-keys", "10000", core=core)),
            "second": self.stack.enter_context(prepare.fixed_server(self.programs, core=core)),
        }
        pattern = self.folder / "pattern"
        prepare.fetch_pattern(f"http://127.0.0.1:{ports['fixed']}", pattern)
        prepare.make_files(self.folder, self.options.quick)
        plain = Site(
            endpoint=f"http://127.0.0.1:{ports['fixed']}",
            second_endpoint=f"http://127.0.0.1:{ports['second']}",
            folder=str(self.folder),
            pattern=str(pattern),
        )
        self.sites = {
            "fixed": plain,
            "": plain,
            "delayed": replace(plain, endpoint=f"http://127.0.0.1:{ports['delayed']}"),
            "stores": replace(plain, endpoint=f"http://127.0.0.1:{ports['stores']}"),
            "tls": replace(plain, endpoint=f"https://127.0.0.1:{ports['tls']}", certificate=str(authority)),
        }
        if self.options.minio:
            self.sites["fixed"] = self.stack.enter_context(prepare.minio(plain))
        return self

    def __exit__(self, *error):
        for name in ("out", "limit", "limit-new"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.stack.close()

    def cores(self, case: Case) -> list[int]:
        both = case.both_cores or self.options.unpinned
        return sorted(os.sched_getaffinity(0)) if both else [CLIENT_CORE]

    def libraries(self, case: Case) -> dict[str, str]:
        """Library to the operation that it is measured by."""
        wanted = [name for name in self.options.libraries.split(",") if name]
        chosen = {}
        for library in LIBRARIES:
            if (wanted and library not in wanted) or (
                case.libraries and library not in (*case.libraries, "python", "cp")
            ):
                continue
            if self.options.quick and not wanted and not case.libraries and library in SLOW:
                continue  # the slow ones
            has = operations_of(library)
            operation = next((name for name in case.operations if name in has), None)
            if operation:
                chosen[library] = operation
        return chosen

    def child(self, case: Case, library: str, operation: str, package: str = "") -> dict:
        """`package`: the folder that ours is imported from, instead of this checkout's."""
        order = {
            "library": library,
            "driver": case.driver,
            "case": asdict(case) | {"chosen": operation},
            "site": asdict(self.sites[case.server]),
            "cores": self.cores(case),
            "spare": self.spare.descriptor,
        }
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}
        if case.server == "tls":
            environment |= {"SSL_CERT_FILE": self.sites["tls"].certificate}
        if LIBRARIES[library] != "ours":
            environment.pop("PYTHONPATH", None)  # it may lead to our package, which has the name of its forerunner
        if package:
            environment["PYTHONPATH"] = package
        command = [python_of(LIBRARIES[library]), "-m", "harness.child", json.dumps(order)]
        return self.run(command, environment)

    def limit(self, case: Case, template: str) -> dict:
        site = self.sites[case.server]
        port = site.endpoint.rsplit(":", 1)[1]
        words = template.format(
            port=port, folder=self.folder, seconds=case.seconds, size=case.size, concurrency=case.concurrency
        ).split()
        cores = ",".join(map(str, self.cores(case)))
        self.spare.make_ready(case.memory)
        return self.run(["taskset", "-c", cores, str(self.programs / words[0]), *words[1:]], dict(os.environ))

    def run(self, command: list[str], environment: dict) -> dict:
        try:
            done = subprocess.run(
                command,
                cwd=BENCH,
                env=environment,
                capture_output=True,
                text=True,
                timeout=180,
                pass_fds=[self.spare.descriptor],
            )
        except subprocess.TimeoutExpired:
            return {"error": "not done after 180 s"}
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
            return {"error": lines[-1][:300], "log": done.stderr[-3000:]}
        return json.loads(done.stdout.strip().splitlines()[-1])

    def measure(self, case: Case) -> None:
        libraries = self.libraries(case)
        if not libraries:
            return
        rounds = min(self.options.rounds, case.rounds or 99)
        runs: dict[str, list[dict]] = {}
        started = time.time()
        table.title(case)
        if case.source:
            prepare.read_through(self.folder / case.source)
        for number in range(rounds):
            turn = list(libraries.items())
            turn = turn[number % len(turn) :] + turn[: number % len(turn)]
            for library, operation in turn:
                enough = library in SLOW and number >= case.slow_rounds
                if not enough and "error" not in runs.get(library, [{}])[-1]:
                    self.spare.hold(case.memory)
                    runs.setdefault(library, []).append(self.child(case, library, operation))
            for name, template in case.limits.items():
                runs.setdefault(f"limit: {name}", []).append(self.limit(case, template))
        self.results[case.name] = table.summary(case, runs) | {"minutes": round((time.time() - started) / 60, 2)}
        table.show(self.results[case.name])


def machine() -> dict:
    with open("/proc/cpuinfo") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    with open("/proc/meminfo") as lines:
        memory = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal"))
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20),
        "kernel": os.uname().release,
        "python": sys.version.split()[0],
    }


FLAGS = ("quick", "minio", "loop-lag", "unpinned")


def command_text(options: argparse.Namespace) -> str:
    """What was asked for, without paths of this machine."""
    words = [f"--{name} {value}" for name in ("only", "libraries") if (value := getattr(options, name))]
    words += ["--against FOLDER"] if options.against else []
    words += [f"--{name}" for name in FLAGS if getattr(options, name.replace("-", "_"))]
    words += [f"--rounds {options.rounds}"] if options.rounds != usual_rounds(options) else []
    return " ".join(["./dev bench", *words])


def rival_versions() -> dict[str, str]:
    found = versions("rivals")
    names = {library: found[library] for library in LIBRARIES if library in found}
    return names | {"genro-storage": versions("genro-storage-0.8")["genro-storage"]}


def is_whole(options: argparse.Namespace) -> bool:
    return not (options.only or options.libraries or options.quick)


def commit_of(checkout: Path) -> str:
    words = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(words, cwd=checkout, capture_output=True, text=True).stdout.strip()


def record(options: argparse.Namespace, started: float) -> dict:
    return {
        "command": command_text(options),
        "whole": is_whole(options),
        "commit": commit_of(ROOT),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(started)),
        "minutes": round((time.time() - started) / 60, 1),
        "rounds": 1 if options.quick or options.minio else options.rounds,
        "machine": machine(),
        "versions": {} if options.loop_lag or options.against else rival_versions(),
        "load": os.getloadavg()[0],
    }


def measure(options: argparse.Namespace, stored: Path) -> None:
    """Rows that were asked for by name take the place of those of an earlier run, whose record stays."""
    started = time.time()
    with Session(options) as session:
        for case in chosen_cases(options):
            session.measure(case)
    run, results = record(options, started), session.results
    print(f"\n{run['minutes']} minutes, results in {stored}")
    if options.only and stored.exists():
        old = json.loads(stored.read_text())
        again = [*old["run"].get("again", []), {name: run[name] for name in ("command", "commit", "date")}]
        run, results = old["run"] | {"again": again}, old["results"] | results
    stored.write_text(json.dumps({"run": run, "results": results}, indent=1))


def measure_loop_lag(options: argparse.Namespace) -> int:
    """Its table takes the place of the one in the page."""
    started, stored = time.time(), options.results / "loop_lag.json"
    rounds = 1 if options.quick else options.rounds
    if not options.from_results:
        results = loop_lag.measure(rounds, options.only, options.results / "scratch")
        run = record(options, started) | {"rounds": rounds}
        stored.write_text(json.dumps({"run": run, "results": results}, indent=1))
    target = options.page or (ROOT / "docs" / "benchmarks.md" if is_whole(options) else None)
    if target:
        page.replace_section(target, loop_lag.section(json.loads(stored.read_text())))
        print(f"page: {target}")
    return 0


def measure_pairs(options: argparse.Namespace) -> int:
    """Prints a table in Markdown, and puts it into the page when one is named."""
    options.only, started, rows = options.only or paired.USUAL, time.time(), []
    packages = {"here": paired.package_of(ROOT), "there": paired.package_of(options.against)}
    print(paired.HEAD, flush=True)
    with Session(options) as session:
        for case in chosen_cases(options):
            if found := paired.measure(session, case, packages, options.rounds):
                rows.append(paired.row(case.name, found))
                print(rows[-1], flush=True)
    if options.page:
        section = paired.section(record(options, started), commit_of(options.against), rows)
        page.replace_section(options.page, section)
    return 0


def main(words: list[str]) -> int:
    options = parse(words)
    if options.against:
        return measure_pairs(options)
    if options.loop_lag:
        return measure_loop_lag(options)
    results = options.results / "results.json"
    if not options.from_results:
        measure(options, options.results / "minio.json" if options.minio else results)
    target = options.page or (ROOT / "docs" / "benchmarks.md" if is_whole(options) else None)
    if not target:
        return 0
    if not options.page and not (results.exists() and json.loads(results.read_text())["run"].get("whole")):
        print("no page: it is of a whole run of ./dev bench, which comes first")
        return 0
    page.write(options.results, target)
    print(f"page: {target}")
    return 0
