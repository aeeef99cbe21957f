"""Two results compared, row by row: medians as pyperf has them, and Student's t-test of the means."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import pyperf
from rich.table import Table
from scipy import stats

from ..core import results
from ..core.plots import power
from ..core.results import FILE, Row, Unreadable
from ..core.statistics import benchmark
from ..core.tables import NOT_WELL_ENOUGH, mean_text, new_table, numbers, ratio_text, texts

# What a row is about, in the order in which it is named: some of these fields, then others that are text.
_FIRST = ("variant", "library", "dtype", "size", "mode", "regime", "outputs")
_CAPTION = (
    "Medians of an execution; ratio: the second's by the first's, below 1 is faster. *: one of the two is "
    "unstable by pyperf's rules. Significant: by Student's t-test of the means, at 95 %."
)
_MOST_NAMED = 5  # rows that only one of the two has
_LEVEL = 0.05  # of significance, that of `pyperf compare_to`
_MEANS_CAPTION = "Of the ratios of the rows that are stable in both."


class Pair(NamedTuple):
    """One row in both results, as pyperf has them."""

    name: str
    library: str
    first: Any
    second: Any
    unstable: bool  # one of the two

    @property
    def ratio(self) -> float:
        return self.second.median() / self.first.median()

    @property
    def significant(self) -> bool:
        """By the test that `pyperf compare_to` makes, whose function is private; of one sample nothing is."""
        first, second = self.first.get_values(), self.second.get_values()
        if min(len(first), len(second)) < 2:
            return False
        test: Any = stats.ttest_ind(first, second)
        return bool(test.pvalue < _LEVEL)


def read(path: Path, section: str) -> dict[str, Row]:
    """The timed rows of a section by name: of a result folder, or of its JSON file.

    Raises:
      Unreadable: there is no such file, or it is no result, or has no such section, or a row has no times.
    """
    file = path / FILE if path.is_dir() else path
    sections = results.read(file)["sections"]
    if section not in sections:
        raise Unreadable(f"{file} has no {section}; it has {', '.join(sections) or 'nothing'}")
    timed = [row for row in sections[section] if "samples" in row]
    timed = [row for row in timed if not isinstance(row["samples"], dict)]  # by stages of a compilation
    for number, row in enumerate(timed, 1):
        if not _are_times(row["samples"]):
            raise Unreadable(f"{file}: timed row {number} of {section} has no samples that are times")
        for field in ("size", "executions"):
            if not _is_count(row.get(field)):
                raise Unreadable(f"{file}: timed row {number} of {section} has {row[field]!r} as {field}")
    return {name(row): row for row in timed}


def _are_times(samples: object) -> bool:
    return isinstance(samples, list) and len(samples) > 0 and all(map(_is_time, samples))


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value > 0)


def name(row: Row) -> str:
    """Such as `gelu jaxrelu float32 2^20 forward in cache donated`."""
    others = sorted(field for field, value in row.items() if isinstance(value, str) and field not in _FIRST)
    given = [(field, row[field]) for field in (*_FIRST, *others) if field in row]
    return " ".join(power(value) if field == "size" else str(value) for field, value in given)


def pairs(first: dict[str, Row], second: dict[str, Row]) -> list[Pair]:
    """The rows that both have."""
    return [_pair(key, row, second[key]) for key, row in first.items() if key in second]


def _pair(key: str, *rows: Row) -> Pair:
    first, second = (benchmark(key, row["samples"], row.get("executions")) for row in rows)
    unstable = any(row.get("unstable", False) for row in rows)
    return Pair(key, rows[0].get("library", ""), first, second, unstable)


def tables(first: dict[str, Row], second: dict[str, Row], everything: bool = False) -> list[Table]:
    """The geometric means, what differs, and some of the rows that only one of the two has.

    Raises:
      Unreadable: they have no row in common.
    """
    both = pairs(first, second)
    if not both:
        raise Unreadable(_nothing_in_common(first, second))
    shown = both if everything else [pair for pair in both if pair.significant and not pair.unstable]
    all_tables = [_means(both), _rows(shown, len(both) - len(shown))]
    for label, rows, other in (("first", first, second), ("second", second, first)):
        if alone := [key for key in rows if key not in other]:
            all_tables.append(new_table(f"Only in the {label}: {len(alone)}", texts("row")))
            named = alone if len(alone) <= _MOST_NAMED else alone[: _MOST_NAMED - 1]
            for key in named:
                all_tables[-1].add_row(key)
            if len(named) < len(alone):
                all_tables[-1].add_row(f"and {len(alone) - len(named)} more")
    return all_tables


def _nothing_in_common(first: dict[str, Row], second: dict[str, Row]) -> str:
    """Why there is nothing to compare."""
    empty = [label for label, rows in (("first", first), ("second", second)) if not rows]
    if empty:
        return f"nothing to compare: the {' and the '.join(empty)} result has no timed rows in this section"
    return (
        f"nothing to compare: of {len(first)} and {len(second)} timed rows none has the same name, such as "
        f"{next(iter(first))!r} and {next(iter(second))!r}"
    )


def answer(both: list[Pair]) -> str:
    """What the comparison comes to, in a sentence."""
    stable = [pair for pair in both if not pair.unstable]
    differing = [pair for pair in stable if pair.significant]
    slower = sum(pair.ratio > 1 for pair in differing)
    mean = mean_text([pair.ratio for pair in stable], len(both))
    if mean == NOT_WELL_ENOUGH:
        return f"Not measured well enough: {len(both) - len(stable)} of {len(both)} common rows are unstable."
    return (
        f"The second takes {mean} times as long as the first: of {len(stable)} stable rows in both, {slower} "
        f"are significantly slower, and {len(differing) - slower} faster."
    )


def _rows(shown: list[Pair], hidden: int) -> Table:
    left_out = f" Not shown: {hidden} rows that are unstable or not significant." if hidden else ""
    columns = [*texts("row"), *numbers("first us", "second us", "ratio", "significant")]
    table = new_table("Compared", columns, _CAPTION + left_out)
    for pair in shown:
        times = (f"{one.median() * 1e6:,.4g}" for one in (pair.first, pair.second))
        verdict = "yes" if pair.significant else "no"
        table.add_row(
            pair.name, *times, f"{ratio_text(pair.ratio, 3)}{'*' if pair.unstable else ''}", verdict
        )
    return table


def _means(both: list[Pair]) -> Table:
    """The geometric mean of the stable ratios, of all and of each library."""
    columns = [*texts("rows of"), *numbers("ratio", "rows", "unstable")]
    table = new_table("Geometric means", columns, _MEANS_CAPTION)
    for label, chosen in {"all": both, **_by_library(both)}.items():
        ratios = [pair.ratio for pair in chosen if not pair.unstable]
        mean = mean_text(ratios, len(chosen), digits=3)
        table.add_row(label, mean, str(len(ratios)), str(len(chosen) - len(ratios)))
    return table


def _by_library(both: list[Pair]) -> dict[str, list[Pair]]:
    libraries = dict.fromkeys(pair.library for pair in both)
    return {library: [pair for pair in both if pair.library == library] for library in libraries}


def export(rows: dict[str, Row], file: Path) -> None:
    """Writes the rows as pyperf has them, for `python -m pyperf compare_to` and its other commands.

    Raises:
      OSError: the file cannot be written.
      Unreadable: there is a file of another kind in its place.
    """
    if file.exists():
        try:
            pyperf.BenchmarkSuite.load(str(file))
        except Exception as error:  # pyperf lets through what its parser meets
            raise Unreadable(f"{file} is no file of pyperf, and is left as it is: {error}") from None
    suite = pyperf.BenchmarkSuite(
        [benchmark(key, row["samples"], row.get("executions")) for key, row in rows.items()]
    )
    suite.dump(str(file), replace=True)
