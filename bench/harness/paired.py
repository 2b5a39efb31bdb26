"""./dev bench --against FOLDER: this checkout's engine beside the one of another built checkout, as before a change.

Both run the same adapters of this checkout on the same servers and files, in turns, each measurement in a process of
its own, so that what else the machine does falls on both alike. The ratio of the medians is what a change cost or won.
"""

import os
from pathlib import Path
from statistics import median

from harness import prepare
from harness.case import OURS, Case
from harness.table import SCALE, UNITS, per

# What a change of the engine's inner parts would show in first: small calls of every kind.
USUAL = "W1-1k-64,W3,W13,W14,W21,W22,W23,W25"


def package_of(checkout: Path) -> Path:
    package = checkout.resolve() / "python"
    if not list(package.glob("genro_storage/_core*.so")):
        raise SystemExit(f"{checkout}: no built module in python/genro_storage; run ./dev build there first")
    return package


def measure(session, case: Case, packages: dict[str, Path], rounds: int) -> dict | None:
    """The row's figures under each of the two names, or None when ours does not have it."""
    operation = session.libraries(case).get(OURS)
    if not operation:
        return None
    if case.source:
        prepare.read_through(session.folder / case.source)
    samples: dict[str, list[dict]] = {name: [] for name in packages}
    for number in range(rounds):
        for name in list(packages) if number % 2 else reversed(list(packages)):
            session.spare.hold(case.memory)
            python = os.pathsep.join([str(packages[name]), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
            samples[name].append(session.child(case, OURS, operation, python))
    errors = {name: next((run["error"] for run in runs if "error" in run), "") for name, runs in samples.items()}
    failed = {name: error for name, error in errors.items() if error}
    found = {"title": case.title, "unit": UNITS[case.unit], "failed": failed}
    if failed:
        return found
    unit = SCALE[case.unit] / per(case)
    figure = "wall_s" if case.wall else "cpu_s"
    costs = {name: [run[figure] / run["operations"] * unit for run in runs] for name, runs in samples.items()}
    pairs = sorted(here / there for here, there in zip(*costs.values(), strict=True))
    return found | {"figures": {name: median(each) for name, each in costs.items()}, "pairs": pairs}


def row(name: str, found: dict) -> str:
    """A line of the table: the medians, the median of the pairs' ratios and their range."""
    if found["failed"]:
        said = "; ".join(f"{which}: {error}" for which, error in found["failed"].items())
        return f"| {name} | {found['title']} | {said} | | | |"
    here, there = found["figures"].values()
    pairs = found["pairs"]
    spread = f"{pairs[0]:.2f} to {pairs[-1]:.2f}"
    return (
        f"| {name} | {found['title']} | {here:.3g} {found['unit']} | {there:.3g} {found['unit']} "
        f"| **{median(pairs):.3f}** | {spread} |"
    )


def section(record: dict, other: str, rows: list[str]) -> str:
    """For docs/benchmarks.md. `other`: the commit of the other checkout."""
    return "\n".join(
        [
            f"## Beside {other}\n",
            f"`{record['command']}` at {record['commit']} on {record['date']}, {record['rounds']} rounds, "
            f"{record['minutes']} minutes: this engine (here) and the one of {other} (there) in turns, CPU per "
            "operation. The ratio is the median of the pairs' ratios; where single pairs lie on both sides of 1, it "
            "tells no difference.\n",
            HEAD,
            *rows,
            "",
        ]
    )


HEAD = "| | workload | here | there | ratio | of single pairs |\n| --- | --- | ---: | ---: | ---: | ---: |"
