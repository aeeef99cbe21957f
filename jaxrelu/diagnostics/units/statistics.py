"""What is known of the units of one layer after any number of examples, in constant memory."""

import dataclasses
import functools
import math
import operator
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from ..._mechanism.arguments import as_operand, is_index
from ..._mechanism.rules import BOOL, NUMBER
from .counts import Count

SATURATED = 1e-3  # a smaller slope than this counts as saturated
FLAT = 1e-6  # a unit whose slope is nowhere larger is dead to the gradient


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Statistics:
    """Sums over examples, one entry a unit, that can be merged: a pytree of arrays.

    An observation is what a unit gives for one example, at one position where it has several, as a channel
    of a convolution has. NaNs and infinities are counted and left out of the moments.

    Attributes:
      observations: how many there were of each unit, the same for all.
      zeros: observations that are exactly 0.
      saturated: observations whose slope is below 1e-3 in size.
      nan: observations that are NaN.
      infinite: observations that are infinite.
      peak: the largest output in size.
      steepest: the largest slope in size; NaN where slopes are not known.
      magnitude: the mean size of the output.
      mean: the mean output.
      variance: the variance of the output, of the observations themselves.
      second: the mean products of the outputs of two units, (units, units), or None.
      gradient: the mean size of the loss's derivative by the output, or None.
    """

    observations: Count
    zeros: Count
    saturated: Count
    nan: Count
    infinite: Count
    peak: Array
    steepest: Array
    magnitude: Array
    mean: Array
    variance: Array
    second: Array | None = None
    gradient: Array | None = None

    @property
    def units(self) -> int:
        """The number of units."""
        return self.peak.shape[-1]

    @property
    def sparsity(self) -> Array:
        """The share of observations that are exactly 0."""
        return self.zeros.as_float() / self.observations.as_float()

    @property
    def saturation(self) -> Array:
        """The share of observations whose slope is below 1e-3 in size."""
        return self.saturated.as_float() / self.observations.as_float()

    @property
    def dead(self) -> Array:
        """Units that have given 0 for every observation."""
        return (self.peak == 0) & (self.nan.as_float() == 0)

    def gradient_dead(self, flat: float = FLAT) -> Array:
        """Units whose slope is at most `flat` in size for every observation: no gradient passes.

        Dead relus are, and so are relu6 units above 6 and smooth units far in their tail. The default takes
        a gradient that is a million times smaller for none; 0 asks for slopes of exactly 0.
        """
        NUMBER.apply("gradient_dead", "flat", flat)
        return (self.steepest <= flat) & (self.nan.as_float() == 0)

    def constant(self, tolerance: float = 1e-3) -> Array:
        """Units that say nothing: their deviation is at most `tolerance` times the mean size of the output.

        Dead units are among them, and units behind a dead layer, of which only the bias is left. One
        observation alone shows nothing, and no unit is constant.
        """
        NUMBER.apply("constant", "tolerance", tolerance)
        known = self._finite() > 1
        return known & (self.variance <= (tolerance * self.magnitude) ** 2) & (self.nan.as_float() == 0)

    @property
    def score(self) -> Array:
        """ReDo's score: the mean size of the output, over the mean of that over the layer."""
        average = self.magnitude.mean(-1, keepdims=True)
        return self.magnitude / jnp.where(average == 0, 1, average)

    def dormant(self, tau: float = 0.0) -> Array:
        """Units whose score is at most tau. Relative: a layer that collapses as a whole has none."""
        NUMBER.apply("dormant", "tau", tau)
        return (self.score <= tau) & (self.nan.as_float() == 0)

    @property
    def effective_rank(self) -> Array:
        """How many directions the outputs use: the exponential of the entropy of their singular values.

        Of the uncentred outputs, observations times units, as Roy and Vetterli (2007) define it; NaN where
        `second` was not asked for.
        """
        if self.second is None:
            return jnp.full(self.peak.shape[:-1], jnp.nan)
        values = jnp.linalg.eigvalsh(self.second)
        noise = jnp.finfo(values.dtype).eps * self.units * values[..., -1:]
        share = jnp.sqrt(jnp.where(values > noise, values, 0))
        total = share.sum(-1, keepdims=True)
        share = share / jnp.where(total == 0, 1, total)
        entropy = -(share * jnp.log(jnp.where(share > 0, share, 1))).sum(-1)
        return jnp.where(total[..., 0] > 0, jnp.exp(entropy), 0.0)

    def merge(self, other: "Statistics") -> "Statistics":
        """What both have seen, as if it had been one: batches, devices, processes.

        Raises:
          TypeError: if other is no `Statistics`.
          ValueError: if the numbers of units differ.
        """
        if not isinstance(other, Statistics):
            raise TypeError(f"merge: other must be Statistics, got {type(other).__name__}")
        if self.peak.shape != other.peak.shape:
            raise ValueError(f"merge: units must be the same, got {self.peak.shape} and {other.peak.shape}")
        return _merged(self, other)

    def merged(self) -> "Statistics":
        """Statistics with a leading axis, such as those of several devices, as one.

        Examples:
          Inside `jax.shard_map`: `jax.lax.all_gather(statistics, "devices")`; of several processes:
          `jax.experimental.multihost_utils.process_allgather(statistics)`; then this.
        """
        total = jax.tree.map(operator.itemgetter(0), self)
        for place in range(1, self.peak.shape[0]):
            total = total.merge(jax.tree.map(operator.itemgetter(place), self))
        return total

    def _finite(self) -> Array:
        """The observations that count for the moments."""
        return (self.observations - self.nan - self.infinite).as_float()


@jax.jit
def _merged(self: Statistics, other: Statistics) -> Statistics:
    """By the update of Chan, Golub and LeVeque."""
    mine, theirs = self._finite(), other._finite()
    share = theirs / jnp.maximum(mine + theirs, 1)
    shift = other.mean - self.mean
    variance = _weighted(self.variance, other.variance, share) + share * (1 - share) * shift**2
    whole = other.observations.as_float() / (self.observations.as_float() + other.observations.as_float())
    return Statistics(
        self.observations + other.observations,
        self.zeros + other.zeros,
        self.saturated + other.saturated,
        self.nan + other.nan,
        self.infinite + other.infinite,
        jnp.maximum(self.peak, other.peak),
        jnp.maximum(self.steepest, other.steepest),
        _weighted(self.magnitude, other.magnitude, share),
        _weighted(self.mean, other.mean, share),
        variance,
        _weighted_or_none(self.second, other.second, whole[..., None]),
        _weighted_or_none(self.gradient, other.gradient, whole),
    )


def _weighted(mine: Array, theirs: Array, share: Array) -> Array:
    return mine + share * (theirs - mine)


def _weighted_or_none(mine: Array | None, theirs: Array | None, share: Array) -> Array | None:
    return None if mine is None or theirs is None else _weighted(mine, theirs, share)


def statistics(
    outputs: Array,
    *,
    slopes: Array | None = None,
    gradients: Array | None = None,
    unit_axes: int | Sequence[int] = -1,
    rank: bool = False,
) -> Statistics:
    """The statistics of the units of one layer for one batch; pure, for use under jit, vmap and shard_map.

    Args:
      outputs: of the activation: (examples, units), (examples, height, width, channels), or other axes.
      slopes: of the activation at its inputs, in the shape of outputs; without them nothing is known of
        saturation and of units that are dead to the gradient.
      gradients: the loss's derivatives by the outputs, in the same shape.
      unit_axes: the axis or axes along which the units lie, such as the channels of a convolution; all
        others are examples and positions.
      rank: whether to gather the products from which the effective rank is computed, as many as the square
        of the number of units.

    Returns:
      `Statistics` with one entry a unit. Merge those of the batches with `merge`.

    Raises:
      TypeError: if outputs, slopes or gradients is no array of numbers, or unit_axes are no integers.
      ValueError: if no axis of examples is left, there is no example, shapes differ, or unit_axes are no
        different axes.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu import diagnostics
      >>> first = diagnostics.statistics(jnp.array([[0.0, 0.0, 1.0], [0.0, 0.0, 3.0]]))
      >>> first.dead
      Array([ True,  True, False], dtype=bool)
      >>> first.merge(diagnostics.statistics(jnp.array([[0.0, 2.0, 0.0]]))).dead
      Array([ True, False, False], dtype=bool)

    References:
      Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983.
      Sokar et al., The dormant neuron phenomenon in deep reinforcement learning, ICML 2023.
    """
    outputs = as_operand("statistics", "outputs", outputs)
    of_outputs = {"slopes": slopes, "gradients": gradients}
    given = {name: as_operand("statistics", name, v) for name, v in of_outputs.items() if v is not None}
    for name, other in given.items():
        if other.shape != outputs.shape:
            raise ValueError(
                f"statistics: {name} must have the shape {outputs.shape} of outputs, got {other.shape}"
            )
    BOOL.apply("statistics", "rank", rank)
    axes = _axes(unit_axes, outputs.ndim)
    return _statistics(outputs, given.get("slopes"), given.get("gradients"), axes, bool(rank))


def _axes(given: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """The axes of the units, counted from the front."""
    axes = tuple(given) if isinstance(given, Sequence) else (given,)
    if not all(map(is_index, axes)):
        raise TypeError(f"statistics: unit_axes must be an integer or a sequence of integers, got {given!r}")
    counted = tuple(axis + rank if axis < 0 else axis for axis in axes)
    if not all(0 <= axis < rank for axis in counted) or len(set(counted)) < len(counted):
        raise ValueError(
            f"statistics: unit_axes must be different axes of the {rank} of outputs, got {given!r}"
        )
    return counted


@functools.partial(jax.jit, static_argnums=(3, 4))
def _statistics(
    outputs: Array, slopes: Array | None, gradients: Array | None, axes: tuple[int, ...], rank: bool
) -> Statistics:
    y = _by_unit(outputs, axes)
    nan, infinite = jnp.isnan(y), jnp.isinf(y)
    finite = jnp.where(nan | infinite, 0, y)
    observations = Count.of(jnp.full(y.shape[1:], y.shape[0], jnp.uint32))
    number = jnp.maximum((observations - _counted(nan) - _counted(infinite)).as_float(), 1)
    mean = finite.sum(0) / number
    deviation = jnp.where(nan | infinite, 0, finite - mean[None])
    steepest, saturated = _of_slopes(slopes, nan, axes)
    return Statistics(
        observations=observations,
        zeros=_counted(y == 0),
        saturated=saturated,
        nan=_counted(nan),
        infinite=_counted(infinite),
        peak=jnp.where(nan, 0, jnp.abs(y)).max(0),
        steepest=steepest,
        magnitude=jnp.abs(finite).sum(0) / number,
        mean=mean,
        variance=(deviation**2).sum(0) / number,
        second=finite.T @ finite / y.shape[0] if rank else None,
        gradient=None if gradients is None else jnp.abs(_by_unit(gradients, axes)).mean(0),
    )


def _by_unit(values: Array, axes: tuple[int, ...]) -> Array:
    """Observations times units, in float32 at least."""
    values = values if values.dtype == jnp.float64 else values.astype(jnp.float32)
    others = [axis for axis in range(values.ndim) if axis not in axes]
    shape = [values.shape[axis] for axis in axes]
    if not others or 0 in values.shape:
        raise ValueError(
            f"statistics: outputs must have at least one example and axes besides unit_axes {axes}, "
            f"got shape {values.shape}"
        )
    return values.transpose(*others, *axes).reshape(-1, math.prod(shape))


def _of_slopes(slopes: Array | None, nan: Array, axes: tuple[int, ...]) -> tuple[Array, Count]:
    if slopes is None:
        return jnp.full(nan.shape[1:], jnp.nan, jnp.float32), Count.of(jnp.zeros(nan.shape[1:], jnp.uint32))
    size = jnp.abs(_by_unit(slopes, axes))
    return jnp.where(nan, 0, size).max(0), _counted((size < SATURATED) & ~nan)


def _counted(marks: Array) -> Count:
    return Count.of(marks.sum(0, dtype=jnp.uint32))
