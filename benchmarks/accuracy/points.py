"""The float64 points, and the exact results at them."""

import numpy as np

import jaxrelu
from references.lookup import reference_of

from .formats import FORMATS
from .programs import ValueAndSlope, jnp_float64, rounded

_FORM = FORMATS["float64"]
_NEIGHBOURS = 64


def points(around: list[float], count: int) -> np.ndarray:
    """About `count` points: dense where variants bend, log-spaced in the tails, and about special points."""
    share = count // 16
    powers = 10.0 ** np.linspace(-300, 300, 2 * share)
    small = 10.0 ** np.linspace(-9, 2.8, 2 * share)
    spread = [np.linspace(-40, 40, 8 * share), np.linspace(-750, -40, share), powers, -powers, small, -small]
    special = [point for point in around if point and np.isfinite(point)]
    near = [point + np.linspace(-0.5, 0.5, share) for point in special]
    close = [_neighbours(point) for point in special]
    edges = [0.0, -0.0, 1e308, -1e308]
    return np.unique(np.concatenate([*spread, *near, *close, edges]))


def _neighbours(point: float) -> np.ndarray:
    """The floats around a point."""
    bits = np.asarray([point]).view(np.int64) + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
    return bits.view(np.float64)


def exact_results(
    row: jaxrelu.Variant, x: np.ndarray, reference: ValueAndSlope
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """The points in rising order with both infinities, padded by NaN to a power of two, and results there.

    Returns:
      The points, the float64 reference stacked as value and slope, and for value and slope the exact
      result and what it lacks of it. At infinities the limits are the reference's.
    """
    size = 2 ** int(np.ceil(np.log2(x.size + 2)))
    inner = slice(1, x.size + 1)
    padded = np.full(size, np.nan)
    padded[0], padded[inner], padded[x.size + 1] = -np.inf, x, np.inf
    computed = np.stack([np.asarray(result) for result in reference(jnp_float64(padded))])
    high, low = [], []
    exact = reference_of(row.name).exact(x, **rounded(row, _FORM))
    for result, pair in zip(computed, exact, strict=True):
        high.append(result.copy())
        low.append(np.zeros(size))
        high[-1][inner], low[-1][inner] = pair
    return padded, computed, high, low
