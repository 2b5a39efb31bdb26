#!/usr/bin/env python3
"""Draws docs/architecture/tiers.svg: the tiers of src/ and their rooms, as the build and the tier check know them.

tools/draw_tiers.py [--check]     --check: fails where the file is not what would be drawn
"""

import sys
from html import escape
from pathlib import Path

from check_tiers import FRONT_DOORS, ROOMS, read_ranks

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/architecture/tiers.svg"
SAID = {
    "python": "the extension module: values in threads, awaitables in event loops",
    "manager": "configuration, the table of mounts, cleanup",
    "node": "what a user asks of a node: contents, files, trees, copies",
    "layers": "retry, permission, prefix: backends in front of backends",
    "backends": "one folder or file a protocol, and their table",
    "backend": "the seam's machinery: readers, writers, listings, uploads",
    "auth": "credentials, signatures",
    "net": "HTTP/1.1, TLS, proxies, pools; the rules of serving",
    "loop": "reactor, pollers, timers, helper threads, the system's Env",
    "codec": "checksums, digests, base64, XML, zip records",
    "text": "UTF-8, globs, diffs, media types",
    "core": "contexts, scopes, locks, paths, the Env seam",
}
WIDTH, HEIGHT, GAP, LEFT = 920, 46, 8, 130
ROOM_WIDTH, ROOM_GAP = 84, 6


def rooms_of(tier: str) -> list[str]:
    """Lowest first where their order is kept, else by name."""
    if tier in ROOMS:
        return [room for row in ROOMS[tier] for room in row]
    return sorted(folder.name for folder in (ROOT / "src" / tier).iterdir() if folder.is_dir())


def tiers() -> list[str]:
    """Highest first. Front doors that are not built yet are left out."""
    ranks = {tier: rank for tier, rank in read_ranks().items() if tier != "public" and (ROOT / "src" / tier).is_dir()}
    return sorted(ranks, key=lambda tier: -ranks[tier])


def row(tier: str, top: int) -> list[str]:
    color = "#dbe9f6" if tier in FRONT_DOORS else "#eef2f5"
    drawn = [
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - 10}" height="{HEIGHT}" rx="5" fill="{color}"/>',
        f'<text x="{LEFT - 12}" y="{top + 28}" text-anchor="end" class="tier">{escape(tier)}/</text>',
        f'<text x="{LEFT + 12}" y="{top + (18 if rooms_of(tier) else 28)}" class="said">{escape(SAID[tier])}</text>',
    ]
    for number, room in enumerate(rooms_of(tier)):
        left = LEFT + 12 + number * (ROOM_WIDTH + ROOM_GAP)
        drawn.append(f'<rect x="{left}" y="{top + 24}" width="{ROOM_WIDTH}" height="17" rx="3" fill="#fff"/>')
        drawn.append(
            f'<text x="{left + ROOM_WIDTH // 2}" y="{top + 36}" text-anchor="middle" class="room">{escape(room)}</text>'
        )
    return drawn


def picture() -> str:
    names = tiers()
    height = len(names) * (HEIGHT + GAP) + GAP + 26
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<style>text{font-family:sans-serif;fill:#24313c}.tier{font-size:15px;font-weight:600}.said{font-size:13px}"
        ".room{font-size:11px}.note{font-size:12px;fill:#5a6873}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, tier in enumerate(names):
        lines += row(tier, GAP + number * (HEIGHT + GAP))
    lines.append(
        f'<text x="{LEFT}" y="{height - 12}" class="note">'
        "A tier includes itself and what is below it; all may include the public headers, include/genro/storage.</text>"
    )
    return "\n".join([*lines, "</svg>"]) + "\n"


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        if PICTURE.exists() and PICTURE.read_text() == picture():
            return 0
        print(f"{PICTURE.relative_to(ROOT)} is out of date: run tools/draw_tiers.py")
        return 1
    PICTURE.write_text(picture())
    return 0


if __name__ == "__main__":
    sys.exit(main())
