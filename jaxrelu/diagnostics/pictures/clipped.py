"""A picture of clipped lines, as a matplotlib `Figure`: `figure.savefig("picture.png")`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .canvas import COLOURS, new_figure, plain
from .clipped_lines import Clipped, check_chain, check_interval, clipped_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_clipped_lines(layers: Sequence[tuple[Any, Any]], low: float = -10.0, high: float = 10.0) -> "Figure":
    """How a relu network of one input makes its function: lines, clipped at 0, added up, clipped again.

    Every joint is exact, see `clipped_lines`. A dead unit is a dashed line that never rises above 0.

    Args:
      layers: kernel (inputs, units) and bias (units,) of each layer, such as two hidden layers of ten
        units; the last is not clipped.
      low: where the interval of x begins.
      high: where it ends.

    Returns:
      A matplotlib figure: for each hidden layer the lines and the clipped lines, and the output.

    Raises:
      TypeError, ValueError: as `clipped_lines`.

    Examples:
      >>> from jaxrelu import diagnostics
      >>> figure = diagnostics.draw_clipped_lines([([[1.0, -1.0]], [0.0, -1.0]), ([[1.0], [1.0]], [0.0])])
    """
    check_chain("draw_clipped_lines", layers)
    check_interval("draw_clipped_lines", low, high)
    *hidden, output = clipped_lines(layers, low, high)
    figure = new_figure(9.0, 2.1 * len(hidden) + 2.6, "Clipped lines: every joint of the network")
    grid = figure.add_gridspec(len(hidden) + 1, 2)
    for place, layer in enumerate(hidden):
        before, after = (figure.add_subplot(grid[place, k]) for k in (0, 1))
        before.set_title(f"layer {place + 1}: before clipping", fontsize=9)
        after.set_title(f"layer {place + 1}: clipped at 0, {len(layer.joints)} joints", fontsize=9)
        _draw_layer(before, after, layer)
    bottom = figure.add_subplot(grid[-1, :])
    joints = output.x[1:-1]
    for at in joints:
        bottom.axvline(at, color="#DDDDDD", linewidth=0.7, zorder=0)
    for unit, y in enumerate(output.lines.T):
        bottom.plot(output.x, y, color=COLOURS[unit % len(COLOURS)], linewidth=1.6)
        bottom.plot(joints, y[1:-1], "o", color="#333333", markersize=2.6)
    bottom.set_title(f"output: {len(joints)} joints", fontsize=9)
    bottom.set_xlabel("x", fontsize=9)
    plain(bottom)
    return figure


def _draw_layer(before: Any, after: Any, layer: Clipped) -> None:
    x = np.unique(np.concatenate([layer.x, [at for at, _ in layer.joints]]))
    for unit, z in enumerate(layer.lines.T):
        colour, style = COLOURS[unit % len(COLOURS)], "--" if z.max() <= 0 else "-"
        clipped = np.maximum(np.interp(x, layer.x, z), 0)
        before.plot(layer.x, z, style, color=colour, linewidth=1)
        after.plot(x, clipped, style, color=colour, linewidth=1)
        own = [at for at, owner in layer.joints if owner == unit]
        for panel in (before, after):
            panel.plot(own, np.zeros(len(own)), "o", color=colour, markersize=3)
    before.axhline(0, color="#333333", linewidth=0.7)
    plain(before)
    plain(after)
