"""The best few levels for a slope: quantisation that minimises the mean squared error under N(0, 1).

Levels are found by dynamic programming over a histogram of the slope, exactly for that histogram, and
then polished by Lloyd's iteration on the points themselves. Both are deterministic.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..._kernels.formats import Arithmetic
from ..._kernels.selection import looked_up
from ..formulas import Formula

REACH = 16.0  # inputs beyond count as this: their slopes are those of the tails
CELLS = 2**13  # of the inputs, 1/256 wide; zero and the kinks of the hard gates lie between cells
FAR = 1e4
BINS = 1024  # among whose edges dynamic programming chooses
LLOYD_STEPS = 200
_TINY = np.finfo(float).tiny


@dataclasses.dataclass(frozen=True)
class Table:
    """A function of few values, as its values in cells of equal width; the outer ones reach to infinity.

    A look at a table costs the same for 2 values as for 256, where comparing with every border would not.
    """

    start: float
    width: float
    entries: np.ndarray

    def at(self, values: Array) -> Array:
        cells = jnp.clip((values - self.start) / self.width, 0, len(self.entries) - 1)
        return looked_up(self.entries, cells.astype(jnp.int32), self.entries.dtype)  # a NaN is any integer


class Quantization:
    """Levels in rising order, and the code of the level that stands for the slope at x."""

    def __init__(self, slope: Formula, count: int) -> None:
        slopes, weights, order = _normal_slopes(slope)
        self.levels, borders = _nearest_levels(slopes[order], weights[order], count)
        codes = np.searchsorted(borders, slopes).astype(np.uint8)
        self._codes = Table(-REACH, 2 * REACH / CELLS, codes)

    def codes(self, x: Array, **arithmetic: Arithmetic) -> Array:
        """The code of the nearest level."""
        return self._codes.at(x)


class StochasticQuantization:
    """Levels that reach as far as the slope does, and a code that is right in the mean."""

    def __init__(self, slope: Formula, count: int) -> None:
        slopes, weights, order = _normal_slopes(slope)
        self.levels, edges = _unbiased_levels(slopes[order], weights[order], count)
        below = np.searchsorted(self.levels[1:-1], edges[:-1], side="right").astype(np.uint8)
        self._below = Table(edges[0], edges[1] - edges[0], below)
        self._slope = slope

    def codes(self, x: Array, key: Array, **arithmetic: Arithmetic) -> Array:
        """The code of either neighbour, the nearer one more often."""
        slope = self._slope(x, **arithmetic)
        below = self._below.at(slope)
        low, high = (looked_up(self.levels, below + i, slope.dtype) for i in (0, 1))
        up = jax.random.uniform(key, slope.shape, slope.dtype) * (high - low) < slope - low
        return below + up.astype(jnp.uint8)


@functools.cache
def quantization(
    slope: Formula, arguments: tuple[tuple[str, Any], ...], bits: int, stochastic: bool
) -> Quantization | StochasticQuantization:
    """The best quantisation of a slope, with these arguments, for inputs that are N(0, 1).

    Raises:
      ValueError: if the slope has no bounds.
    """
    kind = StochasticQuantization if stochastic else Quantization
    return kind(filled(slope, dict(arguments)), 2**bits)


def filled(formula: Formula, arguments: Mapping[str, Any]) -> Formula:
    """The formula as a function of x; as everywhere its parameters have the dtype of x.

    An arithmetic that is given with x replaces the one among the arguments.
    """

    def of_x(x: Array, **arithmetic: Arithmetic) -> Array:
        typed = {k: jnp.asarray(v, x.dtype) if isinstance(v, float) else v for k, v in arguments.items()}
        return formula(x, **{**typed, **arithmetic})

    return of_x


def _normal_slopes(slope: Callable[[Array], Array]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slope in the middle of every cell, its weight under N(0, 1), and the order in which slopes rise."""
    x = (np.arange(CELLS) + 0.5) * (2 * REACH / CELLS) - REACH
    with jax.ensure_compile_time_eval():  # also while a caller is traced: x is known
        at = np.concatenate([x, [-FAR, FAR]]).astype(np.float32)
        slopes = np.asarray(jax.jit(slope)(at), np.float64)
    slopes, far = slopes[:CELLS], np.abs(slopes[CELLS:]).max()
    if far > 2 * np.abs(slopes).max():
        raise ValueError(f"a slope without bounds has no best levels, and at {FAR:g} it is {far:.3g}")
    weights = np.exp(-np.square(x) / 2)
    return slopes, weights / weights.sum(), np.argsort(slopes)


def _nearest_levels(slopes: np.ndarray, weights: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels and the borders between them: a level is the mean of what is nearest to it (Lloyd and Max)."""
    edges, (mass, first, second) = _histogram(slopes, weights)
    ends = edges[_cheapest_path(second - first**2 / np.maximum(mass, _TINY), count)]
    levels, borders = (ends[1:] + ends[:-1]) / 2, ends[1:-1]
    for _ in range(LLOYD_STEPS):
        codes = np.searchsorted(borders, slopes)
        mass, first = (np.bincount(codes, w, count) for w in (weights, weights * slopes))
        levels = np.where(mass > 0, first / np.maximum(mass, _TINY), levels)
        borders = (levels[1:] + levels[:-1]) / 2
    return levels, borders


def _unbiased_levels(slopes: np.ndarray, weights: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels, and the edges they are among: a slope s between a and b has the variance (b - s) (s - a)."""
    edges, (mass, first, second) = _histogram(slopes, weights)
    low, high = np.meshgrid(edges, edges, indexing="ij")
    return edges[_cheapest_path((low + high) * first - low * high * mass - second, count - 1)], edges


def _histogram(slopes: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Edges; the weight, and the sums of slopes and of their squares, from edge i to edge j, as matrices."""
    edges = np.linspace(slopes[0], slopes[-1], BINS + 1)
    places = np.concatenate([[0], np.searchsorted(slopes, edges[1:-1]), [len(slopes)]])
    sums = (np.concatenate([[0], np.cumsum(weights * slopes**n)])[places] for n in range(3))
    return edges, [total[None, :] - total[:, None] for total in sums]


def _cheapest_path(cost: np.ndarray, steps: int) -> np.ndarray:
    """The places at which a path of so many steps, from the first place to the last, costs least in all."""
    places = np.arange(len(cost))
    cost = np.where(places[:, None] < places, cost, np.inf)
    best, came_from = cost[0], []
    for _ in range(steps - 1):
        reached = best[:, None] + cost
        came_from.append(reached.argmin(0))
        best = reached.min(0)
    path = [places[-1]]
    for previous in reversed(came_from):
        path.append(previous[path[-1]])
    return np.array([0, *reversed(path)])
