"""What a row's runs come to: median and least figures, ratios, goals reached or not; and the console table of it."""

from statistics import median

from harness.case import NOT_RIVALS, OURS, Case, Goal


def per(case: Case) -> float:
    """What one unit of the row is: a GB of content or an operation."""
    return case.size / 1e9 if case.unit == "s/GB" else 1.0


SCALE = {"us": 1e6, "s": 1.0, "s/GB": 1.0}
UNITS = {"us": "µs", "s": "s", "s/GB": "s/GB"}


def summary(case: Case, runs: dict[str, list[dict]]) -> dict:
    libraries = {name: library_summary(case, samples) for name, samples in runs.items()}
    measured = {name: figures for name, figures in libraries.items() if "error" not in figures}
    rivals = {n: f for n, f in measured.items() if n not in NOT_RIVALS and not n.startswith("limit: ")}
    figure = "wall" if case.wall else "cpu"
    best = min(rivals, key=lambda name: rivals[name][figure], default=None)
    result = {
        "id": case.id,
        "name": case.name,
        "title": case.title,
        "unit": case.unit,
        "figure": figure,
        "files": case.files,
        "rounds": max(len(samples) for samples in runs.values()),
        "libraries": libraries,
        "best_rival": best,
    }
    ours = measured.get(OURS)
    limits = {n: f for n, f in measured.items() if n in ("python", "cp") or n.startswith("limit: ")}
    limit = first_limit(case, limits)
    result["limit"] = limit
    if ours:
        result["ratio_to_best"] = rivals[best][figure] / ours[figure] if best else None
        result["ratio_to_limit"] = ours[figure] / limits[limit][figure] if limit and limits[limit][figure] else None
    result["goals"] = [judge(goal, case, measured, best, limit) for goal in case.goals]
    return result


def first_limit(case: Case, limits: dict) -> str | None:
    """The limit that goals are set against: the first that the row names."""
    named = [f"limit: {name}" for name in case.limits if f"limit: {name}" in limits]
    return named[0] if named else next(iter(limits), None)


def library_summary(case: Case, samples: list[dict]) -> dict:
    failed = next((sample for sample in samples if "error" in sample), None)
    if failed:
        return failed
    unit = SCALE[case.unit] / per(case)
    cpu = [sample["cpu_s"] / sample["operations"] * unit for sample in samples]
    wall = [sample["wall_s"] / sample["operations"] * unit for sample in samples]
    figures = {
        "cpu": median(cpu),
        "cpu_least": min(cpu),
        "wall": median(wall),
        "rate": median(sample["operations"] / sample["wall_s"] for sample in samples),
        "p50_us": median(sample["p50_s"] for sample in samples) * 1e6,
        "p99_us": median(sample["p99_s"] for sample in samples) * 1e6,
        "rss": max(sample["peak_rss"] for sample in samples) / 2**20,
        "rss_growth": max(sample["peak_rss"] - sample.get("base_rss", 0) for sample in samples) / 2**20,
        "bytes_verified": sum(sample.get("bytes_verified", 0) for sample in samples),
        "samples": samples,
    }
    connections = [sample["extra"]["connections"] for sample in samples if sample.get("extra", {}).get("connections")]
    if connections:
        figures["connections"] = max(connections)
    return figures


def judge(goal: Goal, case: Case, measured: dict, best: str | None, limit: str | None) -> dict:
    """{"text", "value", "reached"}: value is None when it could not be measured."""
    other = {"best": best, "limit": limit}.get(goal.of, goal.of)
    ours, theirs = measured.get(OURS), measured.get(other) if other else None
    what = {
        "cpu": "CPU",
        "rate": "rate",
        "wall": "time",
        "rss": "resident MiB",
        "rss_growth": "resident MiB more",
        "connections": "sockets",
    }[goal.what]
    name = {"best": "the best rival", "limit": "the limit", "": ""}.get(goal.of, goal.of)
    if goal.at_least:
        text = f"{what}: at least {goal.at_least:g}x better than {name}"
    elif goal.of:
        text = f"{what}: at most {goal.at_most:g}x {name}"
    else:
        unit = f" {case.unit}" if goal.what in ("cpu", "wall") else ""
        text = f"{what}: at most {goal.at_most:g}{unit}"
    value = None
    if ours and not goal.of:
        value = ours.get(goal.what)
    elif ours and theirs:
        pair = ours[goal.what], theirs[goal.what]
        value = pair[0] / pair[1] if goal.at_most or goal.what == "rate" else pair[1] / pair[0]
    reached = None if value is None else value >= goal.at_least if goal.at_least else value <= goal.at_most
    return {"text": text, "value": value, "reached": reached}


def number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells_of(figures: dict, files: int) -> list[str]:
    """CPU, the least of it, wall, rate (of files, where an operation goes over many), p50, p99, resident memory."""
    shown = [figures["cpu"], figures["cpu_least"], figures["wall"], figures["rate"] * (files or 1)]
    latencies = [number(figures[name]) if figures[name] else "" for name in ("p50_us", "p99_us")]
    return [*map(number, shown), *latencies, number(figures["rss"])]


def title(case: Case) -> None:
    print(f"\n{case.name}: {case.title}", flush=True)


def show(result: dict) -> None:
    unit = {"us": "us/op", "s": "s", "s/GB": "s/GB"}[result["unit"]]
    print(
        f"  {'':26}{'CPU ' + unit:>12}{'(least)':>10}{'wall':>10}"
        f"{'files/s' if result['files'] else 'rate/s':>12}{'p50 us':>10}{'p99 us':>10}{'RSS MiB':>9}"
    )
    ranked = sorted(result["libraries"].items(), key=lambda item: item[1].get(result["figure"], 1e99))
    for name, f in ranked:
        if "error" in f:
            print(f"  {name:26} {f['error']}")
            continue
        widths = (12, 10, 10, 12, 10, 10, 9)
        cells = zip(cells_of(f, result["files"]), widths, strict=True)
        print(f"  {name:26}" + "".join(f"{cell:>{width}}" for cell, width in cells))
    for goal in result["goals"]:
        if goal["value"] is not None:
            print(
                f"  {'reached' if goal['reached'] else 'MISSED '}: {goal['text']} ({number(goal['value'])})", flush=True
            )
