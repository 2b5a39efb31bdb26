"""docs/benchmarks.md from results.json (and minio.json beside it), with the notes of bench/notes.toml.

Plots are drawn by plots.py.
"""

import json
import tomllib
from pathlib import Path

from harness import loop_lag
from harness.case import NOT_RIVALS, OURS
from harness.environments import BENCH
from harness.plots import draw
from harness.table import UNITS, cells_of, number

GROUPS = (
    ("small-objects", "Small objects", ("W1", "W2", "W3", "W4", "W5", "W6", "W7")),
    ("large-objects", "Large objects, listings and trees on S3", ("W8", "W9", "W10", "W11", "W12", "W20", "W26")),
    ("web-servers", "Files of a web server", ("W31", "W32")),
    ("other-stores", "Google's store, Azure's and WebDAV", ("W33", "W34", "W35")),
    ("local-files", "Local files", ("W13", "W14", "W15", "W16", "W17", "W18", "W19", "W24", "W29")),
    ("memory-and-calls", "Memory mounts, calls and import", ("W21", "W22", "W23", "W25", "W30")),
    ("memory-bounds", "Bounds on memory and sockets", ("M1", "W28")),
)

INTRODUCTION = """\
# Benchmarks

Written by `./dev bench`, which measures this library beside others in one run, each in a fresh process on the same
core. The S3 server is a program of this repository that answers every request with fixed bytes from one thread on a
core of its own: a real server would cost so much more than any client that the clients' own cost could not be seen. A
pass against MinIO, where one was made (`./dev bench --minio`), is at the end.

- **CPU** is user and system time of all threads of the client, per operation (or per GB of content); it is what the
  goals are set on, as it suffers least from what else a machine does. Median over the rounds, and the least in
  brackets.
- **Rounds** alternate: each round measures every library once, and the order moves on. A library that is far from the
  best gets fewer.
- **Memory**: a virtual machine may give what is free back to its host within a second, and its first touch afterwards
  costs ten times as much. So a process beside holds memory and lets go of it right before each timed part that needs
  much memory or page cache (`bench/harness/spare_memory.py`). Then, too, the disk is synced, the source is in the page
  cache, and the target does not exist yet.
- **Limit** is what the same machine does without a library: a C program that parses and copies nothing more than it
  must, plain Python, or `cp`. Ratios below 1.5 between rivals are noise.
- **Verified**: contents are compared with the bytes that the server sends, or kept, before and after the timed part,
  lengths inside it.
- `obstore-range` is obstore by `get_range`, cheaper than its `get`, for a caller who knows the size.
"""


def write(results: Path, target: Path) -> None:
    stored = json.loads((results / "results.json").read_text())
    notes = tomllib.loads((BENCH / "notes.toml").read_text())["notes"]
    pictures = target.parent / target.stem
    rows = stored["results"]
    parts = [INTRODUCTION, run_text(stored["run"]), summary(rows)]
    for key, title, ids in GROUPS:
        chosen = [row for row in rows.values() if row["id"] in ids]
        if chosen:
            draw(chosen, pictures / f"{key}.svg")
            parts.append(f"## {title}\n\n![{title}: CPU per operation]({target.stem}/{key}.svg)\n")
            parts += [section(row, notes, chosen) for row in chosen]
    minio = results / "minio.json"
    if minio.exists():
        parts.append(minio_section(json.loads(minio.read_text())))
    lag = results / "loop_lag.json"
    if lag.exists():
        parts.append(loop_lag.section(json.loads(lag.read_text())))
    kept = other_sections(target.read_text(), parts) if target.exists() else []
    target.write_text("\n".join([*parts, *kept]).rstrip() + "\n")
    for row in rows.values():
        if (
            any(goal["reached"] is False for goal in row["goals"])
            and row["name"] not in notes
            and row["id"] not in notes
        ):
            print(f"{row['name']} misses a goal: its reason belongs in bench/notes.toml")


def other_sections(page: str, parts: list[str]) -> list[str]:
    """Those of a page that other commands have put there and that the new parts do not have."""
    old = ["## " + text for text in page.split("\n## ")[1:]]
    made = {part.split("\n", 1)[0] for part in parts}
    return [text.rstrip() + "\n" for text in old if text.split("\n", 1)[0] not in made]


def replace_section(target: Path, section: str) -> None:
    """Puts a section, which begins with its heading, where one of that heading is, or at the end."""
    heading, page = section.split("\n", 1)[0], target.read_text()
    begin = page.find(heading + "\n")
    end = page.find("\n## ", begin + 1) + 1 if begin >= 0 else 0
    before = page if begin < 0 else page[:begin]
    target.write_text(
        (before.rstrip() + "\n\n" + section.rstrip() + "\n\n" + (page[end:] if end else "")).rstrip() + "\n"
    )


def run_text(run: dict) -> str:
    machine, others = run["machine"], ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    rounds = "one round" if run["rounds"] == 1 else f"{run['rounds']} rounds"
    return (
        f"`{run['command']}` at {run['commit']} on {run['date']}, {rounds}, {run['minutes']} minutes. "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"Linux {machine['kernel']}, Python {machine['python']}. Against {others}.\n"
        + "".join(f"\nThen `{it['command']}` at {it['commit']} on {it['date']}.\n" for it in run.get("again", []))
    )


def summary(rows: dict) -> str:
    lines = [
        "## Summary\n",
        "| | workload | ours | best rival | ratio | ours to limit | goals |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows.values():
        ours, best = row["libraries"].get(OURS, {}), row["libraries"].get(row["best_rival"], {})
        unit, figure = UNITS[row["unit"]], row["figure"]
        cells = [
            row["name"],
            row["title"] + (" (wall clock)" if figure == "wall" else ""),
            f"{number(ours[figure])} {unit}" if figure in ours else "-",
            f"{number(best[figure])} {unit} ({row['best_rival']})" if best else "-",
            f"{number(row['ratio_to_best'])}x" if row.get("ratio_to_best") else "-",
            f"{number(row['ratio_to_limit'])}x" if row.get("ratio_to_limit") else "-",
            ", ".join({True: "reached", False: "**missed**", None: "-"}[goal["reached"]] for goal in row["goals"]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def section(row: dict, notes: dict, group: list[dict]) -> str:
    lines = [f"### {row['name']}: {row['title']}\n"]
    lines += [f"- {goal_text(goal)}" for goal in row["goals"]]
    if row["goals"]:
        lines.append("")
    lines += table(row)
    first = next(other for other in group if other["id"] == row["id"])
    for key in (row["name"], row["id"] if row is first and row["id"] != row["name"] else None):
        if key in notes:
            lines += ["", notes[key].strip()]
    return "\n".join(lines) + "\n"


def goal_text(goal: dict) -> str:
    if goal["reached"] is None:
        return f"{goal['text']}: not measured"
    return f"{goal['text']}: {'reached' if goal['reached'] else '**missed**'}, {number(goal['value'])}"


def table(row: dict) -> list[str]:
    unit, figure = UNITS[row["unit"]], row["figure"]
    ours = row["libraries"].get(OURS, {}).get(figure)
    files = row.get("files", 0)
    sockets = any("connections" in f for f in row["libraries"].values())
    last = " sockets |" if sockets else ""
    rate = "files/s" if files else "rate/s"
    lines = [
        f"| | CPU {unit} | wall {unit} | {rate} | p50 µs | p99 µs | peak MiB | to ours |{last}",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |" + (" ---: |" if sockets else ""),
    ]
    for name, f in sorted(row["libraries"].items(), key=lambda item: item[1].get(figure, 1e99)):
        if "error" in f:
            continue
        shown = (
            f"**{name}**" if name == OURS else f"*{name}*" if name in NOT_RIVALS or name.startswith("limit: ") else name
        )
        cpu, least, *rest = cells_of(f, files)
        cells = [shown, f"{cpu} ({least})", *rest]
        cells.append(f"{number(f[figure] / ours)}x" if ours else "")
        if sockets:
            cells.append(str(f.get("connections", "")))
        lines.append("| " + " | ".join(cells) + " |")
    failed = [f"{name} ({f['error']})" for name, f in row["libraries"].items() if "error" in f]
    if failed:
        lines += ["", "Not measured: " + "; ".join(failed) + "."]
    return lines


def minio_section(stored: dict) -> str:
    run, lines = stored["run"], ["## Against MinIO\n"]
    lines.append(
        f"`{run['command']}` at {run['commit']} on {run['date']}, one round, {run['minutes']} minutes. The server "
        "shares both cores with the client: times are mostly its own, what a client costs is in the CPU column.\n"
    )
    for row in stored["results"].values():
        lines += [f"### {row['title']}\n", *table(row), ""]
    return "\n".join(lines)
