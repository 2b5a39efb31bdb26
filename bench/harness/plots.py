"""The pictures of docs/benchmarks.md: one a group, one panel a row, one bar a library, on a logarithmic scale.

Written as SVG by hand, three elements a bar: small files, and the same results draw the same file.
"""

import math
from html import escape
from pathlib import Path

from harness.case import NOT_RIVALS, OURS
from harness.table import UNITS, number

COLUMNS, PANEL, MARGIN = 2, 490, 10
NAMES = 162  # of a panel's width, before its bars
VALUES = 56  # behind the longest bar
BAR, TITLE, AXIS = 21, 30, 40  # heights
STYLE = (
    "text{font:12px 'DejaVu Sans',Verdana,sans-serif;fill:#222}.n{text-anchor:end}"
    ".a{font-size:10px;fill:#666;text-anchor:middle}line{stroke:#ddd}"
    ".ours{fill:#d1495b}.limit{fill:#b8bfc6}.rival{fill:#30638e}"
)


def kind(name: str) -> str:
    if name == OURS:
        return "ours"
    return "limit" if name.startswith("limit: ") or name in NOT_RIVALS else "rival"


def bars_of(row: dict) -> list[tuple[str, float]]:
    """The best first."""
    bars = [(name, f[row["figure"]]) for name, f in row["libraries"].items() if f.get(row["figure"])]
    return sorted(bars, key=lambda bar: bar[1])


class Scale:
    """Where a value is, in pixels from the left of a panel; bars begin a third of a decade below the least."""

    def __init__(self, values: list[float]):
        self.low = math.log10(min(values)) - 0.35
        self.high = max(math.log10(max(values)), self.low + 1)

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(NAMES + share * (PANEL - NAMES - VALUES), 1)

    def marks(self) -> list[float]:
        """Powers of ten, with what lies between them where they are few."""
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        steps = (1,) if self.high - self.low > 2.2 else (1, 3) if self.high - self.low > 1.2 else (1, 2, 5)
        found = [step * 10.0**power for power in powers for step in steps]
        return [value for value in found if self.low <= math.log10(value) <= self.high]


def panel(row: dict, bars: list[tuple[str, float]]) -> list[str]:
    scale, bottom = Scale([value for _, value in bars]), TITLE + BAR * len(bars)
    lines = [f'<text x="0" y="16">{escape(row["name"] + ": " + row["title"])}</text>']
    for mark in scale.marks():
        x = scale(mark)
        lines.append(f'<line x1="{x}" x2="{x}" y1="{TITLE - 4}" y2="{bottom}"/>')
        lines.append(f'<text class="a" x="{x}" y="{bottom + 12}">{mark:,g}</text>')
    what = "time" if row["figure"] == "wall" else "CPU"
    each = " per operation" if row["unit"] == "us" else ""
    lines.append(
        f'<text class="a" x="{(NAMES + PANEL) // 2}" y="{bottom + 26}">{what}, {UNITS[row["unit"]]}{each}</text>'
    )
    for at, (name, value) in enumerate(bars):
        y, end = TITLE + BAR * at, scale(value)
        lines += [
            f'<text class="n" x="{NAMES - 6}" y="{y + 14}">{escape(name.removeprefix("limit: "))}</text>',
            f'<rect class="{kind(name)}" x="{NAMES}" y="{y + 2}" width="{end - NAMES:.1f}" height="{BAR - 5}"/>',
            f'<text x="{end + 4:.1f}" y="{y + 14}">{number(value)}</text>',
        ]
    return lines


def picture(rows: list[dict]) -> str:
    panels = [(row, bars) for row in rows if (bars := bars_of(row))]
    lines, top = [], MARGIN
    for first in range(0, len(panels), COLUMNS):
        beside = panels[first : first + COLUMNS]
        for column, (row, bars) in enumerate(beside):
            lines += [
                f'<g transform="translate({MARGIN + column * (PANEL + MARGIN)} {top})">',
                *panel(row, bars),
                "</g>",
            ]
        top += TITLE + AXIS + BAR * max(len(bars) for _, bars in beside)
    width = MARGIN + COLUMNS * (PANEL + MARGIN)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}">'
    ground = f'<rect width="{width}" height="{top}" fill="#fff"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", ground, *lines, "</svg>"]) + "\n"


def draw(rows: list[dict], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(picture(rows))
