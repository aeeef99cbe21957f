"""The tables of the accuracy, for the terminal and for the page in docs/."""

import math
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import new_table, numbers, texts
from .errors import FAULTS
from .formats import FORMATS
from .peers import KERAS, TORCH
from .rows import REFERENCE

_SHORT = {
    "float32": "f32",
    "bfloat16": "bf16",
    "float16": "f16",
    "float8_e4m3fn": "e4m3fn",
    "float8_e5m2": "e5m2",
    "float64": "f64",
}
_WORST = (
    "The worst error of jaxrelu, and in brackets that of jax.nn, in units in the last place. ! above the "
    "bound (0.51 ulp in 8 and 16 bits, else 4); NaN or inf: for at least one input that has another result. "
    "Not counted: results below 1e-35 (float16: 2^-14; float64: 1e-290), float32 slopes and values near a "
    "sign change whose absolute error is at most 2^-24 (float64: 2^-53)."
)
_DETAIL = (
    "of inputs: the share whose error is above so many ulp. excused: inputs within 0.5 of a sign change "
    "whose error is above the bound and at most 2^-24 in absolute terms. tiny: the largest absolute error "
    "where the result is below 1e-35."
)
_BEYOND = (
    "How many inputs give NaN: for a number; inf: for a finite result, or the reverse; falls: a value, or "
    "slope, that never falls is below its neighbour's. at: one such input."
)
_ZEROS = (
    "How many inputs give a zero of another sign than the exact result has, which is below the range, or, "
    "at x = -0, than x has. at: one such input."
)
_OTHERS = "As above, on the same inputs. Keras runs on JAX. Another slope at a kink counts as an error."
_PARAMETERS = (
    "4096 x from -20 to 20, each parameter at its default, half and double of it, in float32. Terms of any "
    "size can cancel in these: an absolute error of 2^-24 passes, and there is no bound."
)
_REFERENCES = "The float64 formulas against mpmath at 50 digits, in float32 ulp: 2^-29 of float64's."
_CALLS = "At how many of 4087 inputs the bits differ from those of the compiled function on one axis."

RowIndex = dict[tuple[str, str, str, str], Row]


def tables(rows: list[Row]) -> list[Table]:
    """The worst errors, then what stands behind them: all tables that have rows."""
    index = {(row["variant"], row["dtype"], row["library"], row["result"]): row for row in rows}
    possible = [_worst(index), _detail(index), _beyond(rows), _zeros(rows)]
    possible += [_others(index), _parameters(rows), _references(index), _calls(rows)]
    return [table for table in possible if table.row_count]


def _filled(
    title: str, names: Sequence[str], figures: Sequence[str], rows: list[list[str]], caption: str
) -> Table:
    """A table with these rows: first columns of names, then columns of figures."""
    table = new_table(title, [*texts(*names), *numbers(*figures)], caption)
    for row in rows:
        table.add_row(*row)
    return table


def _worst(index: RowIndex) -> Table:
    dtypes = [dtype for dtype in FORMATS if any(key[1] == dtype for key in index)]
    rows = []
    for variant, result in _results(index):
        cells = [_pair(index, variant, dtype, result) for dtype in dtypes]
        rows.append([variant, result, *cells])
    return _filled("Worst error in ulp", ["variant", ""], [_SHORT[dtype] for dtype in dtypes], rows, _WORST)


def _others(index: RowIndex) -> Table:
    """The other libraries in the formats that they have."""
    libraries = [library for library in (TORCH, KERAS) if any(key[2] == library for key in index)]
    columns = [(library, dtype) for library in libraries for dtype in FORMATS if _has(index, library, dtype)]
    rows = []
    for variant, result in _results(index):
        cells = [index.get((variant, dtype, library, result)) for library, dtype in columns]
        if any(cells):
            rows.append([variant, result, *(_short(row) if row else "" for row in cells)])
    figures = [f"{library} {_SHORT[dtype]}" for library, dtype in columns]
    return _filled("Worst error of other libraries in ulp", ["variant", ""], figures, rows, _OTHERS)


def _has(index: RowIndex, library: str, dtype: str) -> bool:
    return any(key[1:3] == (dtype, library) for key in index)


def _results(index: RowIndex) -> list[tuple[str, str]]:
    """Variants with value and slope, in the order in which they were measured."""
    return list(dict.fromkeys((key[0], key[3]) for key in index if key[3] in ("value", "slope")))


def _pair(index: RowIndex, variant: str, dtype: str, result: str) -> str:
    ours, peer = (index.get((variant, dtype, library, result)) for library in (OURS, PEER))
    text = _marked(ours) if ours else ""
    return f"{text} ({_short(peer)})" if peer else text


def _marked(row: Row) -> str:
    return _short(row) + ("" if row["passes"] else " !")


def _short(row: Row) -> str:
    faults = [name for name, field in (("NaN", "nan"), ("inf", "infinity")) if row[field]]
    return " ".join([ulp(row["worst"]), *faults])


def ulp(worst: float | str) -> str:
    """Such as 0.50, 3.1, 2042, 1e+16."""
    number = float(worst)
    if not math.isfinite(number) or number >= 1e5:
        return f"{number:.0e}"
    return f"{number:.2f}" if number < 10 else f"{number:.0f}"


def _detail(index: RowIndex) -> Table:
    rows = []
    for variant, result in _results(index):
        row = index.get((variant, "float32", OURS, result))
        if row and float(row["worst"]) > 0:
            shares = [f"{share:.2%}" for share in row["above"].values()]
            place = _number(row["worst_at"][0])
            excused = str(row["excused"]) if row["excused"] else ""
            rows.append(
                [variant, result, ulp(row["worst"]), place, *shares, excused, f"{row['tiny_error']:.0e}"]
            )
    figures = ["worst", "at x", "above 0.5", "above 1", "above 2", "excused", "tiny"]
    return _filled("jaxrelu in float32", ["variant", ""], figures, rows, _DETAIL)


def _number(number: float | str) -> str:
    return number if isinstance(number, str) else f"{number:.9g}"


def _beyond(rows: list[Row]) -> Table:
    kinds = [name for name in FAULTS if name != "zero"]
    faulty = []
    for row in rows:
        if row["library"] == REFERENCE or not any(row[name] for name in kinds):
            continue
        places = [row["fault_at"][name] for name in kinds if row[name]]
        cells = [str(row[name]) if row[name] else "" for name in kinds]
        at = ", ".join(_number(x) for x in dict.fromkeys(places))
        faulty.append([row["variant"], _SHORT[row["dtype"]], row["result"], row["library"], *cells, at])
    names = ["variant", "dtype", "", "library"]
    return _filled("Wrong beyond rounding", names, ["NaN", "inf", "falls", "at"], faulty, _BEYOND)


def _zeros(rows: list[Row]) -> Table:
    dtypes = [dtype for dtype in FORMATS if any(row["dtype"] == dtype for row in rows)]
    zeros: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        if row["zero"] and row["library"] != REFERENCE:
            cells = zeros.setdefault((row["variant"], row["result"], row["library"]), {})
            cells[row["dtype"]] = str(row["zero"])
            cells["at"] = _number(row["fault_at"]["zero"])
    lines = [[*key, *(cells.get(name, "") for name in (*dtypes, "at"))] for key, cells in zeros.items()]
    figures = [*(_SHORT[dtype] for dtype in dtypes), "at"]
    return _filled("Zeros of the wrong sign", ["variant", "", "library"], figures, lines, _ZEROS)


def _parameters(rows: list[Row]) -> Table:
    slopes = [
        [row["variant"], row["result"], ulp(row["worst"]), _place(row), str(row["nan"] + row["infinity"])]
        for row in rows
        if row["result"].startswith("slope by")
    ]
    figures = ["worst", "at x", "NaN, inf"]
    return _filled("Slopes by parameters", ["variant", ""], figures, slopes, _PARAMETERS)


def _place(row: Row) -> str:
    return _number(row["worst_at"][0]) if row["worst_at"] else ""


def _references(index: RowIndex) -> Table:
    rows = []
    for variant, result in _results(index):
        row = index.get((variant, "float64", REFERENCE, result))
        if row:
            rows.append(
                [variant, result, str(row["inputs"]), f"{float(row['worst']) * 2.0**-29:.0e}", _place(row)]
            )
    return _filled("The references", ["variant", ""], ["points", "worst", "at x"], rows, _REFERENCES)


def _calls(rows: list[Row]) -> Table:
    different, ways = [], []
    for row in rows:
        counts: dict[str, Any] = row.get("other_bits", {})
        if any(counts.values()):
            ways = list(counts)
            different.append(
                [row["variant"], _SHORT[row["dtype"]], row["result"], *map(str, counts.values())]
            )
    names = ["variant", "dtype", ""]
    return _filled("Where the way of calling changes bits", names, ways, different, _CALLS)
