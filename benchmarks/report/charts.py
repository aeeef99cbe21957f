"""The charts of the page, each from one source: speed, the roof, memory, accuracy, training."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..convergence.statistics import by_task, of_task
from ..convergence.verdicts import scale_and_unit
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..memory.tables import cells
from ..throughput.index import GRADIENT, MODES, Name, Place, distinct, places, ratio
from .elements import DASHES, SYMBOLS, chart, colour
from .sources import NamedResult

_SHOWN_AT_FIRST = 6  # learning curves; a click on the legend shows the others
_WORST_ULP = 16.0  # where the colours of the accuracy map end


def speed(number: int, source: NamedResult) -> Iterator[str]:
    """Time divided by that of jax.nn with its interval, at the largest size."""
    for here, by_name in list(places(source.rows("throughput")).items())[-1:]:
        series = []
        for k, dtype in enumerate(distinct(by_name, "dtype")):
            keys = [Name(variant, dtype, OURS, GRADIENT) for variant in distinct(by_name, "variant")]
            ratios = {key.variant: one for key in keys if (one := ratio(by_name, key))}
            ends = [(one.high - one.median, one.median - one.low) for one in ratios.values()]
            symbols = [SYMBOLS[k] + "-open" * one.unstable for one in ratios.values()]
            error = {"type": "data", "symmetric": False, "array": [a for a, _ in ends]}
            points = _points(k, dtype, [one.median for one in ratios.values()], list(ratios), symbols)
            series.append(
                {**points, "error_x": {**error, "arrayminus": [b for _, b in ends], "thickness": 1}}
            )
        if any(one["x"] for one in series):
            rows = len({name for one in series for name in one["y"]})
            note = (
                f"Value with gradient, {here}: time divided by that of jax.nn, with 95 % intervals. Left "
                "of 1 is faster. Open marks are unstable."
            )
            layout = {"xaxis": {"title": "time / time of jax.nn", "type": "log"}, "shapes": [_line_at(1)]}
            yield chart(f"speed-{number}", series, _with_names(layout), rows, note)


def roof(number: int, source: NamedResult) -> Iterator[str]:
    """Bandwidth against that of a copy: functions of arrays do little arithmetic, and wait for memory."""
    throughput = list(places(source.rows("throughput")).items())[-1:]
    for here, by_name in throughput:
        rows = [row for key, row in by_name.items() if key.library == OURS and key.mode in MODES]
        yield from _roof(
            number, str(here), [row for row in rows if row.get("outputs", "donated") == "donated"]
        )
    card = [row for row in source.rows("card") if row.get("kind") == "function" and row["library"] == OURS]
    if card:
        largest = max(row["size"] for row in card)
        rows = [row for row in card if row["size"] == largest]
        yield from _roof(number, str(Place(largest, "")), rows)


def _roof(number: int, where: str, rows: list[Row]) -> Iterator[str]:
    series = []
    kinds = dict.fromkeys((row["mode"], row["dtype"]) for row in rows if "share_of_copy" in row)
    for k, (mode, dtype) in enumerate(kinds):
        chosen = [row for row in rows if (row["mode"], row["dtype"]) == (mode, dtype)]
        symbols = [SYMBOLS[k % len(SYMBOLS)] + "-open" * row["unstable"] for row in chosen]
        shares = [row["share_of_copy"] for row in chosen]
        names = [row["variant"] for row in chosen]
        points = _points(k, f"{mode.replace('_', ' ')}, {dtype}", shares, names, symbols)
        points["text"] = [f"{row['gb_per_s']:.3g} GB/s" for row in chosen]
        series.append(points if k < _SHOWN_AT_FIRST else {**points, "visible": "legendonly"})
    if series:
        note = (
            f"Roofline, {where}: the share of the bandwidth of a plain copy, the roof, that each function "
            "reaches. At 1 memory is the limit. Caches can serve a function better than the copy. Open marks "
            "are unstable."
        )
        layout = {"xaxis": {"title": "bandwidth / bandwidth of a copy"}, "shapes": [_line_at(1)]}
        yield chart(f"roof-{number}", series, _with_names(layout), len({*series[0]["y"]}), note)


def memory(number: int, source: NamedResult) -> Iterator[str]:
    """What the gradient of a deep net needs, by what follows the activation: ours at its best and jax.nn."""
    net = [row for row in source.rows("memory") if "temp_bytes" in row]
    needed: dict[tuple[str, str], str] = {}
    values: dict[tuple[str, str], float] = {}
    for (variant, pattern, layout), ways in cells(net).items():
        own = {way: row for way, row in ways.items() if way.startswith("ours") and not row["approximate"]}
        if layout == "unrolled" and own:
            best = min(own, key=lambda way: own[way]["temp_bytes"])
            least = own[best]["hidden_tensors_per_layer"]
            peer = ways.get(PEER)
            other = f" (jax.nn {peer['hidden_tensors_per_layer']:.2f})" if peer else ""
            needed[variant, pattern], values[variant, pattern] = f"{least:.2f}{other}", least
    if values:
        note = (
            "Temporary memory of the gradient of an unrolled net, in hidden tensors a layer, by what follows "
            "the activation: ours with its best exact residual, and jax.nn. Darker is more."
        )
        yield _heat(f"memory-{number}", values, needed, note, "tensors")


def accuracy(number: int, source: NamedResult) -> Iterator[str]:
    """The largest error of values and slopes, by variant and format."""
    rows = [row for row in source.rows("accuracy") if row.get("library") == OURS]
    rows = [row for row in rows if row.get("result") in ("value", "slope") and row.get("worst") is not None]
    worst = {(row["variant"], f"{row['dtype']} {row['result']}"): float(row["worst"]) for row in rows}
    finite = {key: value for key, value in worst.items() if math.isfinite(value)}
    if finite:
        note = (
            "The largest error of value and slope, in ulp of the format; 0.5 is correct rounding. Colours "
            f"end at {_WORST_ULP:g}."
        )
        texts = {key: f"{value:.2g}" for key, value in finite.items()}
        yield _heat(f"accuracy-{number}", finite, texts, note, "ulp", _WORST_ULP)


def training(number: int, source: NamedResult) -> Iterator[str]:
    """The mean learning curve of each variant, a chart a task."""
    for place, (task, rows) in enumerate(by_task(source.rows("convergence")).items()):
        series = []
        runs = of_task(rows)
        for k, each in enumerate(runs):
            curves = scale_and_unit(each)[0] * np.array(each.row["curves"], float)
            steps = (np.arange(curves.shape[1]) + 1) * each.row["every"]
            series.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": each.variant,
                    "x": steps.tolist(),
                    "y": [value if math.isfinite(value) else None for value in curves.mean(0).tolist()],
                    "line": {"color": colour(k), "dash": DASHES[k % len(DASHES)]},
                    "visible": True if k < _SHOWN_AT_FIRST else "legendonly",
                }
            )
        if series:
            unit = scale_and_unit(runs[0])[1]
            note = f"Learning curves on {task}: mean over seeds of the score on validation data, {unit}."
            layout = {"xaxis": {"title": "step"}, "yaxis": {"title": unit}}
            yield chart(f"training-{number}-{place}", series, layout, 12, note)


def _points(k: int, name: str, x: list[float], y: list[str], symbols: list[str]) -> dict[str, Any]:
    marker = {"color": colour(k), "symbol": symbols, "size": 9}
    return {"type": "scatter", "mode": "markers", "name": name, "x": x, "y": y, "marker": marker}


def _with_names(layout: dict[str, Any]) -> dict[str, Any]:
    """Names of variants on the left, the first on top."""
    return {**layout, "yaxis": {"autorange": "reversed", "type": "category", "automargin": True}}


def _line_at(x: float) -> dict[str, Any]:
    line = {"color": "#888888", "width": 1, "dash": "dash"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _heat(
    name: str,
    values: dict[tuple[str, str], float],
    texts: dict[tuple[str, str], str],
    note: str,
    unit: str,
    most: float | None = None,
) -> str:
    """A map with the figure in each field, so that colour is not needed to read it."""
    rows, columns = (list(dict.fromkeys(key[place] for key in values)) for place in (0, 1))
    data = {
        "type": "heatmap",
        "x": columns,
        "y": rows,
        "z": [[values.get((row, column)) for column in columns] for row in rows],
        "text": [[texts.get((row, column), "") for column in columns] for row in rows],
        "texttemplate": "%{text}",
        "colorscale": [[0, "#f2f6fa"], [1, "#4477AA"]],
        "colorbar": {"title": {"text": unit}},
        "zmin": 0,
        "textfont": {"color": "#111111"},
        "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>",
        **({"zmax": most} if most else {}),
    }
    return chart(name, [data], _with_names({"xaxis": {"side": "top", "type": "category"}}), len(rows), note)
