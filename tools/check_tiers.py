#!/usr/bin/env python3
"""Fails where an #include points upward: a tier includes its own and lower tiers only."""

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
INCLUDE = re.compile(r'^\s*#\s*include\s*"(genro/storage|\w+)/([\w.]+)"')


def read_ranks() -> dict[str, int]:
    """Lowest first, as the build says it: the order stands in one place."""
    listed = re.search(r"set\(genro_tiers ([\w ]+)\)", (ROOT / "cmake/GenroTiers.cmake").read_text())
    assert listed, "cmake/GenroTiers.cmake sets genro_tiers"
    tiers = ["public", *listed[1].split()]
    return {tier: rank for rank, tier in enumerate(tiers)} | dict.fromkeys(FRONT_DOORS, len(tiers))


def upward_arrows(path: Path, tier: str, ranks: dict[str, int]) -> list[str]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not (match := INCLUDE.match(line)):
            continue
        target = PUBLIC.get(match[2], "public") if match[1] == "genro/storage" else match[1]
        if target != tier and ranks.get(target, len(ranks)) >= ranks[tier]:
            found.append(f"{path.relative_to(ROOT)}:{number}: {tier} may not include {target}, which is not below it")
    return found


def main() -> int:
    ranks = read_ranks()
    found = []
    for path in sorted([*(ROOT / "src").glob("*/*.h"), *(ROOT / "src").glob("*/*.cc")]):
        found += upward_arrows(path, path.parent.name, ranks)
    for path in sorted((ROOT / "include/genro/storage").glob("*.h")):
        found += upward_arrows(path, PUBLIC.get(path.name, "public"), ranks)
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
