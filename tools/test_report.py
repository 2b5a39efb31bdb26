"""The counts of one part of ./dev test, read from the one report that GoogleTest and pytest both write."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Tally:
    """Counts of one part. Skips keep their reasons, since a skip that nobody sees is a hole."""

    passed: int = 0
    failed: int = 0
    skips: Counter[str] = field(default_factory=Counter)
    # Those that can be run alone, by the name that takes: what went wrong in the test, and at its end.
    failed_tests: dict[str, list[str]] = field(default_factory=dict)

    def counts(self) -> tuple[int, int, int]:
        """Passed, failed, skipped."""
        return self.passed, self.failed, sum(self.skips.values())

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skips += other.skips


def read_junit(path: Path) -> Tally:
    tally = Tally()
    for case in ElementTree.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        failure = next((child for child in case if child.tag in ("failure", "error")), None)
        if failure is not None:
            tally.failed += 1
            # A process that died is no matter of chance: it counts, whatever a second run does.
            message = failure.get("message") or ""
            if "crashed while running" not in message:
                tally.failed_tests.setdefault(name_to_run(case), []).append(" ".join(message.split())[:300])
        elif skipped is not None:
            reason = (skipped.get("message") or "no reason given").strip().splitlines()[-1]
            tally.skips[reason] += 1
        elif case.get("status", "run") == "run":
            tally.passed += 1
    return tally


def name_to_run(case: ElementTree.Element) -> str:
    """A GoogleTest filter or, where the report names the file below the folder of the run, a pytest node."""
    file, group, name = (case.get(key, "") for key in ("file", "classname", "name"))
    if not file.endswith(".py"):
        return f"{group}.{name}"
    classes = group.removeprefix(file.removesuffix(".py").replace("/", ".")).strip(".")
    return "::".join([file, *filter(None, classes.split(".")), name])
