"""What doctor() finds out about a mount. Made by the C part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_MARKS = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "-"}


@dataclass(frozen=True)
class Finding:
    """One thing that was tried."""

    check: str
    outcome: Literal["ok", "warning", "failed", "skipped"]
    text: str
    """What was seen, in plain words; of "skipped", why it was not tried."""
    advice: str
    """What to change; "" when nothing has to be."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True)
class Diagnosis:
    """All that was tried on a mount, in order. Its str() is a table to read."""

    mount: str
    protocol: str
    place: str
    """Where the mount was configured to stand: "bucket/prefix", a folder; "" when unknown."""
    findings: tuple[Finding, ...]
    clock_skew: float | None
    """Seconds that the server's clock is ahead of ours."""
    latency: float | None
    """Seconds of one look at a file, the median of five."""

    @property
    def ok(self) -> bool:
        """Whether nothing failed; there may be warnings."""
        return all(finding.outcome != "failed" for finding in self.findings)

    def __str__(self) -> str:
        lines = [f"{self.mount}: {self.protocol}{' at ' + self.place if self.place else ''}"]
        width = max((len(finding.check) for finding in self.findings), default=0)
        for finding in self.findings:
            lines.append(f"  {_MARKS[finding.outcome]:<4}  {finding.check:<{width}}  {finding.text}".rstrip())
            if finding.advice:
                lines.append(f"        {'':<{width}}  -> {finding.advice}")
        lines.append("This mount works." if self.ok else "This mount does not work as it should.")
        return "\n".join(lines)
