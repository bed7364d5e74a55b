"""What a replay found: one finding for each step and layer, and the gaps that explain some."""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

MATCHED, GAP, UNEXPLAINED = "matched", "known gap", "unexplained"
LAYERS = ("static", "cost", "behaviour")
KNOWN_GAPS = Path(__file__).parent.parent / "known_gaps.toml"


@dataclass
class Mismatch:
    """One place where the simulator answered otherwise; ``gap`` is the reason if it is known."""

    path: str
    expected: object
    got: object
    gap: str | None = None


@dataclass
class Finding:
    """The result of one layer of one step."""

    layer: str
    source: str
    index: int
    domain: str
    roots: list[str]
    mismatches: list[Mismatch] = field(default_factory=list)

    @property
    def result(self) -> str:
        if not self.mismatches:
            return MATCHED
        return GAP if all(item.gap for item in self.mismatches) else UNEXPLAINED


@dataclass(frozen=True)
class KnownGap:
    """A reason, and the mismatches it explains: every pattern given must fit."""

    reason: str
    layer: str = "*"
    domain: str = "*"
    root: str = "*"
    source: str = "*"
    path: str = "*"
    expected: str = ""
    got: str = ""

    def explains(self, finding: Finding, mismatch: Mismatch) -> bool:
        return (
            fnmatchcase(finding.layer, self.layer)
            and fnmatchcase(finding.domain, self.domain)
            and (self.root == "*" or any(fnmatchcase(name, self.root) for name in finding.roots))
            and fnmatchcase(finding.source, self.source)
            and fnmatchcase(mismatch.path, self.path.replace("[", "[[]"))
            and re.search(self.expected, str(mismatch.expected)) is not None
            and re.search(self.got, str(mismatch.got)) is not None
        )


def load_gaps(path=KNOWN_GAPS) -> list[KnownGap]:
    """The known gaps, in the file's order: the first that fits gives the reason."""
    with open(path, "rb") as file:
        return [KnownGap(**entry) for entry in tomllib.load(file)["gap"]]


def explain_gaps(findings: list[Finding], gaps: list[KnownGap]) -> Counter:
    """Give every mismatch its reason if one is known; how often each reason was used."""
    used = Counter()
    for finding in findings:
        for mismatch in finding.mismatches:
            if mismatch.gap is None:
                for gap in gaps:
                    if gap.explains(finding, mismatch):
                        mismatch.gap = gap.reason
                        break
            if mismatch.gap is not None:
                used[mismatch.gap] += 1
    return used


def totals(findings: list[Finding]) -> dict[tuple[str, str], Counter]:
    """Counts of results by area, an area being (domain, layer)."""
    areas = {}
    for finding in findings:
        areas.setdefault((finding.domain, finding.layer), Counter())[finding.result] += 1
    return areas
