"""A picture of functions and their slopes, as a matplotlib `Figure`: `figure.savefig("picture.png")`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..._mechanism.rules import Rule
from .canvas import COLOURS, new_figure, plain
from .clipped_lines import check_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_JUMP = 0.2  # between two of 2001 points: the slope has a kink there, and no line is drawn
_FUNCTIONS = Rule(
    "a mapping of names to functions of x, at least one",
    lambda given: isinstance(given, Mapping) and all(map(callable, given.values())),
    lambda given: len(given) > 0,
)


def draw_functions(
    functions: Mapping[str, Callable[[Array], Array]], low: float = -10.0, high: float = 10.0
) -> "Figure":
    """Functions and their slopes over an interval.

    The slopes are those that the backward pass takes, declared or by `jax.grad`.

    Args:
      functions: by name, each of x alone and elementwise.
      low: where the interval begins.
      high: where it ends.

    Returns:
      A matplotlib figure of two panels.

    Raises:
      TypeError: if functions are no mapping of functions, or low or high is no number.
      ValueError: if there is no function, or the interval is empty.

    Examples:
      >>> import jaxrelu
      >>> from jaxrelu import diagnostics
      >>> figure = diagnostics.draw_functions({"relu": jaxrelu.relu, "gelu": jaxrelu.gelu})
    """
    _FUNCTIONS.apply("draw_functions", "functions", functions)
    check_interval("draw_functions", low, high)
    figure = new_figure(9.0, 3.6, "Functions and slopes")
    left, right = figure.subplots(1, 2)
    x = jnp.linspace(low, high, 2001, dtype=jnp.float32)
    for (name, function), colour in zip(functions.items(), COLOURS * len(functions), strict=False):
        y, pullback = jax.vjp(function, x)
        slope = pullback(jnp.ones_like(y))[0]
        left.plot(x, y, color=colour, linewidth=1.4, label=name)
        jump = np.append(np.abs(np.diff(slope)) > _JUMP, False)
        right.plot(x, np.where(jump, np.nan, slope), color=colour, linewidth=1.4)
    left.set_title("value", fontsize=9)
    right.set_title("slope", fontsize=9)
    for panel in (left, right):
        panel.set_xlabel("x", fontsize=9)
        panel.grid(color="#EEEEEE")
        plain(panel)
    left.legend(fontsize=8, frameon=False)
    return figure
