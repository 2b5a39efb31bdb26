"""Run in the rivals' environment, which has matplotlib: plots.py RESULTS FOLDER [svg|png].

One picture a group, one panel a row.
"""

import json
import math
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

from harness.case import OURS
from harness.page import GROUPS, UNITS
from harness.table import number

COLOURS = {OURS: "#d1495b", "limit": "#b8bfc6", "rival": "#30638e"}
WIDTH, BAR, COLUMNS = 11.0, 0.27, 2


def colour(name: str) -> str:
    if name == OURS:
        return COLOURS[OURS]
    return COLOURS["limit" if name.startswith("limit: ") or name in ("python", "cp") else "rival"]


def panel(axes, row: dict, slots: int) -> None:
    figure = row["figure"]
    bars = [(name, f[figure]) for name, f in row["libraries"].items() if f.get(figure)]
    bars.sort(key=lambda bar: -bar[1])
    names = [name.removeprefix("limit: ") for name, _ in bars]
    values = [value for _, value in bars]
    axes.barh(names, values, color=[colour(name) for name, _ in bars], height=0.72)
    axes.set_ylim(len(bars) - slots - 0.5, len(bars) - 0.5)  # bars as thick as in the panel beside
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    low, high = min(values), max(values)
    axes.set_xlim(
        10 ** (math.log10(low) - 0.35), 10 ** (math.log10(high) + 0.16 * max(1.0, math.log10(high / low)) + 0.25)
    )
    for at, value in enumerate(values):
        axes.text(value * 1.06, at, number(value), va="center", fontsize=8, color="#222222")
    what = "time" if figure == "wall" else "CPU"
    axes.set_title(f"{row['name']}: {row['title']}", fontsize=9, loc="left")
    axes.set_xlabel(f"{what}, {UNITS[row['unit']]}" + (" per operation" if row["unit"] == "us" else ""), fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
    axes.tick_params(axis="y", labelsize=8, length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def draw(rows: list[dict], path: Path) -> None:
    lines = [rows[at : at + COLUMNS] for at in range(0, len(rows), COLUMNS)]
    slots = [max(sum("error" not in f for f in row["libraries"].values()) for row in line) for line in lines]
    heights = [count * BAR + 0.8 for count in slots]
    picture, grid = plt.subplots(
        len(lines), COLUMNS, figsize=(WIDTH, sum(heights)), squeeze=False, height_ratios=heights, layout="constrained"
    )
    for line, count, axes in zip(lines, slots, grid, strict=True):
        for at, one in enumerate(axes):
            if at < len(line) and any(f.get(line[at]["figure"]) for f in line[at]["libraries"].values()):
                panel(one, line[at], count)
            else:
                one.axis("off")
    picture.savefig(path, dpi=80, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(picture)


def main() -> None:
    results, folder = Path(sys.argv[1]), Path(sys.argv[2])
    suffix = sys.argv[3] if len(sys.argv) > 3 else "svg"
    folder.mkdir(parents=True, exist_ok=True)
    plt.rcParams["svg.hashsalt"] = "bench"  # the same results draw the same file
    plt.rcParams["svg.fonttype"] = "none"  # text stays text: a tenth of the size
    plt.rcParams["font.family"] = ["DejaVu Sans", "sans-serif"]
    rows = json.loads(results.read_text())["results"].values()
    for key, _, ids in GROUPS:
        chosen = [row for row in rows if row["id"] in ids]
        if chosen:
            draw(chosen, folder / f"{key}.{suffix}")


if __name__ == "__main__":
    main()
