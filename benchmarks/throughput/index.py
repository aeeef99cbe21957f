"""The rows of the throughput benchmark, found by what they are; older results lack some of the fields."""

from collections.abc import Iterable
from typing import NamedTuple

from ..core.modes import FORWARD, GRADIENT
from ..core.plots import power
from ..core.programs import DONATED, FRESH
from ..core.regimes import FROM_MEMORY
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..peers.processes import OWN

MODES = {FORWARD: "forward", GRADIENT: "value with gradient"}
NOISE = 1.05  # a ratio up to here is a tie


class Place(NamedTuple):
    """Where a row was measured: how many elements, and in which regime; older results say no regime."""

    size: int
    regime: str

    def __str__(self) -> str:
        return f"{power(self.size)} elements{self.regime and ', ' + self.regime}"

    @property
    def header(self) -> str:
        """On two short lines."""
        return f"{power(self.size)}\n{self.regime}".strip()

    @property
    def stem(self) -> str:
        """As a part of the name of a file."""
        return "_".join([str(self.size), *self.regime.split()])


class Name(NamedTuple):
    """What a row is about, beside its place."""

    variant: str
    dtype: str
    library: str
    mode: str
    outputs: str = DONATED


Index = dict[Name, Row]


def index(rows: Iterable[Row]) -> Index:
    """The rows by their names."""
    return {name(row): row for row in rows}


def name(row: Row) -> Name:
    """What this row is about."""
    return Name(row["variant"], row["dtype"], row["library"], row["mode"], row.get("outputs", DONATED))


def place(row: Row) -> Place:
    """Where this row was measured."""
    return Place(row["size"], row.get("regime", ""))


def places(rows: Iterable[Row]) -> dict[Place, Index]:
    """The rows of compiled programs by place, from the smallest; of one size those in cache come first."""
    rows = [row for row in rows if row["mode"] != "eager"]
    ordered = sorted({place(row) for row in rows}, key=lambda here: (here.size, here.regime == FROM_MEMORY))
    return {here: index(row for row in rows if place(row) == here) for here in ordered}


def distinct(by_name: Index, field: str) -> list[str]:
    """The variants, dtypes or libraries in the order in which they were measured."""
    return list(dict.fromkeys(getattr(key, field) for key in by_name))


class Ratio(NamedTuple):
    """Our time by that of another library; unstable if one of the two rows is."""

    median: float
    low: float
    high: float
    unstable: bool


def ratio(by_name: Index, key: Name, library: str = PEER) -> Ratio | None:
    """Ours, of this variant, dtype, mode and outputs, by this library's; None where there is none.

    A library in a process of its own has its own way with outputs: ours of both kinds are compared with it.
    """
    ours, theirs = by_name.get(key._replace(library=OURS)), key._replace(library=library)
    own = by_name.get(theirs._replace(outputs=OWN))
    other = own or by_name.get(theirs)
    row, prefix = (ours, "ratio") if library == PEER else (other, "ours")
    if own and key.outputs == FRESH:
        prefix = "ours_fresh"
    if not ours or not other or not row or f"{prefix}_median" not in row:
        return None
    median, low, high = (row[f"{prefix}_{figure}"] for figure in ("median", "low", "high"))
    return Ratio(median, low, high, ours["unstable"] or other["unstable"])
