"""A relu network of one input as what it is: lines, clipped at 0, added, clipped again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..._mechanism.rules import PLAIN_NUMBER


class Clipped(NamedTuple):
    """One layer of a network, exact between its points.

    Attributes:
      x: where a line of this layer, or of one before, has a joint, with both ends of the interval.
      lines: the pre-activations at x, (points, units); straight in between.
      joints: where a unit of this layer crosses 0, as (x, unit).
    """

    x: np.ndarray
    lines: np.ndarray
    joints: list[tuple[float, int]]


def clipped_lines(layers: Sequence[tuple[Any, Any]], low: float = -10.0, high: float = 10.0) -> list[Clipped]:
    r"""The joints of a relu network of one input, each solved for and not searched on a grid.

    .. math:: h_0 = x, \quad h_l = \max(h_{l-1} W_l + b_l, 0)

    Between two joints every unit is a line, and so the next joint is where a line is 0. In float64.

    Args:
      layers: kernel (inputs, units) and bias (units,) of each layer; the last is not clipped.
      low: where the interval of x begins.
      high: where it ends.

    Returns:
      One `Clipped` a layer. The points of the last are all joints of the network.

    Raises:
      TypeError: if layers are no pairs of arrays, or low or high is no number.
      ValueError: if the first layer has not one input, another layer not the units before it, or the interval
        is empty.

    Examples:
      >>> from jaxrelu import diagnostics
      >>> hidden, output = diagnostics.clipped_lines([([[1.0, -1.0]], [-2.0, 0.0]), ([[1.0], [1.0]], [0.0])])
      >>> hidden.joints
      [(2.0, 0), (0.0, 1)]
      >>> output.x
      array([-10.,   0.,   2.,  10.])
    """
    check_chain("clipped_lines", layers)
    check_interval("clipped_lines", low, high)
    x = np.array([low, high], np.float64)
    h, clipped = x[:, None], []
    for place, (kernel, bias) in enumerate(layers):
        lines = h @ np.asarray(kernel, np.float64) + np.asarray(bias, np.float64)[None]
        last = place == len(layers) - 1
        joints = [] if last else _crossings(x, lines)
        clipped.append(Clipped(x, lines, joints))
        x, h = _with_joints(x, lines, joints)
    return clipped


def check_chain(function: str, layers: Any) -> None:
    """Each layer is a kernel and a bias, and takes what the one before it gives."""
    try:
        shapes = [(np.shape(kernel), np.shape(bias)) for kernel, bias in layers]
    except (TypeError, ValueError):
        raise TypeError(f"{function}: layers must be pairs of kernel and bias, got {layers!r}") from None
    if not shapes or len(shapes[0][0]) != 2 or shapes[0][0][0] != 1:
        raise ValueError(f"{function}: layers must begin with a kernel (1, units), got shapes {shapes}")
    inputs = 1
    for kernel, bias in shapes:
        if len(kernel) != 2 or kernel[0] != inputs or bias != kernel[1:]:
            raise ValueError(
                f"{function}: layers must have kernels (inputs, units) and biases (units,), each for the "
                f"units before it, got shapes {shapes}"
            )
        inputs = kernel[1]


def check_interval(function: str, low: float, high: float) -> None:
    """Two numbers, the lower first."""
    PLAIN_NUMBER.apply(function, "low", low)
    PLAIN_NUMBER.apply(function, "high", high)
    if not low < high:
        raise ValueError(f"{function}: low must be below high, got {low} and {high}")


def _crossings(x: np.ndarray, lines: np.ndarray) -> list[tuple[float, int]]:
    """Where each line is 0 on its way to the other side."""
    crossings = []
    for unit, z in enumerate(lines.T):
        for k in np.flatnonzero(z[:-1] * z[1:] < 0):
            crossings.append((float(x[k] + (x[k + 1] - x[k]) * z[k] / (z[k] - z[k + 1])), unit))
        crossings += [(float(x[k]), unit) for k in np.flatnonzero(z[1:-1] == 0) + 1]
    return crossings


def _with_joints(
    x: np.ndarray, lines: np.ndarray, joints: list[tuple[float, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """The clipped lines, at the joints too."""
    points = np.unique(np.concatenate([x, [at for at, _ in joints]]))
    dense = np.stack([np.interp(points, x, z) for z in lines.T], axis=1)
    for at, unit in joints:
        dense[np.searchsorted(points, at), unit] = 0
    return points, np.maximum(dense, 0)
