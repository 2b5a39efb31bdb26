#!/usr/bin/env python3
"""Fails where an #include points upward: a tier, or a folder within one, includes only itself and what is below it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONT_DOORS = ["python", "cli", "gateway"]  # above everything, and blind to one another
# Public headers that belong to a tier; every other one is a leaf that all tiers may see.
PUBLIC = {
    "storage.h": "manager",
    "manager.h": "manager",
    "node.h": "node",
    "file.h": "node",
    "call.h": "node",
    "tree.h": "node",
}
# The folders of a tier, lowest row first; those of one row are blind to one another. Files that stand in the tier's own
# folder are below them all, but for FACADES. A tier without an entry may arrange its folders as it likes.
ROOMS = {
    "node": [
        ["encryption", "tree"],
        ["virtual"],
        ["content"],
        ["transfer"],
        ["archive", "files"],
        ["serve"],
    ],
    "python": [["calls"], ["asyncio"], ["backend"], ["types"]],
}
# What offers the rooms of a tier to the tiers above: over all of them.
FACADES = {"node/node.cc", "python/module.cc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"((?:genro/storage|\w+)/[\w./]+)"')


def read_ranks() -> dict[str, int]:
    """Lowest first, as the build says it: the order stands in one place."""
    listed = re.search(r"set\(genro_tiers ([\w ]+)\)", (ROOT / "cmake/GenroTiers.cmake").read_text())
    assert listed, "cmake/GenroTiers.cmake sets genro_tiers"
    tiers = ["public", *listed[1].split()]
    return {tier: rank for rank, tier in enumerate(tiers)} | dict.fromkeys(FRONT_DOORS, len(tiers))


def tier_of(name: str) -> str:
    """Of a file, named as an #include names it."""
    if name.startswith("genro/storage/"):
        return PUBLIC.get(name.removeprefix("genro/storage/"), "public")
    return name.split("/")[0]


def room_of(name: str) -> str:
    """The folder of its tier in which a file stands, or "" for the tier's own."""
    parts = name.split("/")
    return "" if name.startswith("genro/storage/") or len(parts) < 3 else parts[1]


def room_ranks(tier: str) -> dict[str, int]:
    return {"": 0} | {room: rank for rank, row in enumerate(ROOMS[tier], 1) for room in row}


def upward_room(name: str, target: str) -> str:
    """What is wrong with an arrow inside of a tier, or ""."""
    tier, here, there = tier_of(name), room_of(name), room_of(target)
    if tier not in ROOMS or here == there or name in FACADES:
        return ""
    ranks = room_ranks(tier)
    unknown = [room for room in (here, there) if room not in ranks]
    if unknown:
        return f"{tier}/{unknown[0]} has no place in ROOMS of tools/check_tiers.py"
    if ranks[there] < ranks[here]:
        return ""
    return f"{tier}/{here}".rstrip("/") + f" may not include {tier}/{there}, which is not below it"


def upward_arrows(name: str, text: str, ranks: dict[str, int]) -> list[str]:
    """`name`: as an #include names the file, below src or include."""
    tier = tier_of(name)
    shown = f"include/{name}" if name.startswith("genro/") else f"src/{name}"
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not (match := INCLUDE.match(line)):
            continue
        target = tier_of(match[1])
        if target == tier:
            wrong = upward_room(name, match[1])
        elif ranks.get(target, len(ranks)) >= ranks[tier]:
            wrong = f"{tier} may not include {target}, which is not below it"
        else:
            continue
        if wrong:
            found.append(f"{shown}:{number}: {wrong}")
    return found


def main() -> int:
    ranks = read_ranks()
    found = []
    for folder in (ROOT / "src", ROOT / "include"):
        for path in sorted([*folder.rglob("*.h"), *folder.rglob("*.cc")]):
            found += upward_arrows(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"), ranks)
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
