"""Where the figures of a page are from: each result has a number, and every figure names that number."""

import dataclasses
from pathlib import Path
from typing import Any

from ..core.environment import SMOKE, busy
from ..core.failures import measured
from ..core.results import FILE, Result, Row
from .verdict import machine

_SHORT = 9  # of a commit


@dataclasses.dataclass(frozen=True)
class NamedResult:
    """One result, and the path that was named."""

    path: Path
    result: Result

    @property
    def environment(self) -> dict[str, Any]:
        return self.result.environment

    @property
    def file(self) -> Path:
        """The file that holds the figures."""
        return self.path / FILE if self.path.is_dir() else self.path

    def rows(self, section: str) -> list[Row]:
        """What was measured for this section."""
        return measured(self.result.sections.get(section, []))

    @property
    def doubts(self) -> list[str]:
        """What speaks against the figures."""
        said = [SMOKE] if self.environment.get("smoke") else []
        if not self.result.complete:
            said.append("Not complete: the run was interrupted, or a part of it failed")
        timed = [
            row["unstable"] for rows in self.result.sections.values() for row in rows if "unstable" in row
        ]
        if 2 * sum(timed) > len(timed):
            said.append(f"Most times are unstable: {sum(timed)} of {len(timed)} rows, each marked with *")
        if self.environment.get("dirty"):
            said.append("Measured from sources that differ from the commit")
        return [*said, *filter(None, [busy(self.environment).replace("This machine is", "The machine was")])]

    @property
    def facts(self) -> dict[str, str]:
        """What a figure depends on."""
        known = self.environment
        versions = ("jaxrelu", "jax", "jaxlib", "flax", "numpy", "python")
        return {
            "file": str(self.file),
            "machine": machine(known),
            "versions": ", ".join(f"{name} {known[name]}" for name in versions if known.get(name)),
            "commit": str(known.get("commit") or "unknown"),
            "date": str(known.get("date") or "unknown"),
        }

    @property
    def line(self) -> str:
        """The facts in one line, the commit in short."""
        return " | ".join({**self.facts, "commit": self.facts["commit"][:_SHORT]}.values())
