"""Errors in units in the last place, and what else can be wrong with a result.

`block` measures a block of inputs on the device and returns a few numbers; `Tally` adds blocks up.
"""

import dataclasses
import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from .formats import SMALLEST_FLOAT32, JudgedFormat, in_float64, widened

NEAR = 0.5  # how near to a sign change an absolute error can pass
LEVELS = (0.5, 1.0, 2.0)
MOST_CHANGES = 2  # of sign, that a result can have
_BITS = 20  # a block has fewer than 2^20 inputs
FAULTS = ("nan", "infinity", "zero", "backwards")


def _block(
    x: Array,
    got: Array,
    want: Array,
    want_low: Array,
    changes: Array,
    odd: Array,
    form: JudgedFormat,
    groups: int,
    rises: bool = False,
    everywhere: bool = False,
) -> dict[str, Array]:
    """What is wrong in a block of results.

    Args:
      x: the inputs, in float64.
      got: the results.
      want: the exact results, to 53 bits.
      want_low: what they lack, for float64; else zero.
      changes: where the exact result changes its sign; NaN fills the array.
      odd: whether it crosses zero at x = 0, so that the zeros there have signs.
      form: the format of the results.
      groups: how many parts the block has.
      rises: whether the exact result never falls.
      everywhere: whether an absolute error can pass at every input.
    """
    got = widened(got)
    number, fits = _judged(x, want, form)
    flushed = (x != 0) & (jnp.abs(x) < SMALLEST_FLOAT32) & (form.bits < 64)
    tiny = number & (jnp.abs(want) < form.smallest)
    absolute = jnp.abs(_bounded(got, form) - _bounded(want, form) - want_low)
    error = jnp.where(fits & ~jnp.isnan(got), _ulps(absolute, want, form), 0.0)
    near = jnp.full(x.shape, everywhere)
    for place in range(MOST_CHANGES):
        near |= jnp.abs(x - changes[place]) < NEAR
    apart = tiny | flushed
    excused = near & (absolute <= form.tolerance) & fits & ~apart
    counted = lax.optimization_barrier(jnp.where(apart | excused, 0.0, error))
    wrong = functools.reduce(
        jnp.logical_or, _faults(x, got, want, fits, odd & (x == 0), rises, form).values()
    )
    tiny, flushed = tiny & ~flushed, flushed & number
    return {
        "above": _counts(*(counted > level for level in LEVELS)),
        "others": _counts(number, wrong),
        "apart": _counts(tiny, flushed, excused & (error > form.allowed)),
        "tiny_error": jnp.where(tiny & ~jnp.isnan(absolute), absolute, 0.0).max(),
        "excused_worst": jnp.where(excused, error, 0.0).max(),
        "ends": jnp.stack([got[0], got[-1]]),
        **_worst(counted, groups),
    }


block = in_float64(_block, "form", "groups", "rises", "everywhere")


def _details(
    x: Array, got: Array, want: Array, odd: Array, form: JudgedFormat, rises: bool
) -> tuple[Array, Array]:
    """How many results are wrong beyond rounding, of each kind of `FAULTS`, and the last place of each."""
    got = widened(got)
    masks = _faults(x, got, want, _judged(x, want, form)[1], odd & (x == 0), rises, form)
    stacked = jnp.stack([masks[name] for name in FAULTS])
    places = jnp.where(stacked, jnp.arange(x.size, dtype=jnp.int32), -1)
    return stacked.sum(1), places.max(1)


details = in_float64(_details, "form", "rises")


def _judged(x: Array, want: Array, form: JudgedFormat) -> tuple[Array, Array]:
    """Where x is a number, and where its result fits into the format.

    In a format without infinity what does not fit has no error: a function may saturate. NaN is wrong.
    """
    overflow = jnp.abs(want) > form.largest + 2.0 ** (form.info.maxexp - 1 - form.mantissa) / 2.0
    number = ~jnp.isnan(x)
    return number, number & (form.has_infinity | ~overflow)


def _counts(*masks: Array) -> Array:
    """How often each is true, 20 bits each of one sum: a reduction more costs more than the arithmetic."""
    packed = [mask.astype(jnp.int64) << (_BITS * place) for place, mask in enumerate(masks)]
    return functools.reduce(jnp.add, packed).sum()


def _unpacked(counts: np.ndarray, number: int) -> list[int]:
    return [int(counts) >> (_BITS * place) & (2**_BITS - 1) for place in range(number)]


def _bounded(y: Array, form: JudgedFormat) -> Array:
    return jnp.clip(y, -form.beyond, form.beyond)


def _ulps(absolute: Array, want: Array, form: JudgedFormat) -> Array:
    """The error by the distance of the numbers around the exact result."""
    field = (lax.bitcast_convert_type(_bounded(want, form), jnp.int64) >> 52) & 0x7FF
    exponent = jnp.maximum(field - 1023, form.lowest_exponent)
    inverse = lax.bitcast_convert_type((1023 + form.mantissa - exponent) << 52, jnp.float64)
    return absolute * inverse


def _worst(error: Array, groups: int) -> dict[str, Array]:
    """The largest error of each group and where the largest of all is; a whole argmax would not vectorise."""
    parts = error.reshape(groups, -1)
    largest = parts.max(1)
    group = jnp.argmax(largest)
    return {"worst": largest, "at": group * parts.shape[1] + jnp.argmax(parts[group])}


def _faults(
    x: Array, got: Array, want: Array, fits: Array, crosses: Array, rises: bool, form: JudgedFormat
) -> dict[str, Array]:
    """Where a result is wrong beyond rounding; `FAULTS` has the kinds."""
    size = jnp.abs(want)
    negative = jnp.where(crosses, jnp.signbit(x), want < 0)
    unbounded = jnp.isinf(got) & ((size <= form.largest) | (jnp.signbit(got) != (want < 0)))
    before = jnp.concatenate([got[:1], got[:-1]])
    return {
        "nan": jnp.isnan(got) & ~jnp.isnan(x),
        "infinity": fits & (unbounded | (jnp.isinf(want) & jnp.isfinite(got))),
        "zero": (got == 0) & fits & ((size > 0) | crosses) & (jnp.signbit(got) != negative),
        "backwards": (got < before) & fits & rises,
    }


@dataclasses.dataclass
class Tally:
    """What the blocks of one result add up to; blocks come in the order of their inputs."""

    inputs: int = 0
    above: list[int] = dataclasses.field(default_factory=lambda: [0] * len(LEVELS))
    worst: float = 0.0
    at: list[float] | None = None  # x, what came out, what should have
    tiny: int = 0
    tiny_error: float = 0.0
    flushed: int = 0
    excused: int = 0
    excused_worst: float = 0.0
    faults: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(FAULTS, 0))
    fault_at: dict[str, float] = dataclasses.field(default_factory=dict)
    last: float | None = None
    profile: list[float] = dataclasses.field(default_factory=list)  # the worst error by parts of x

    def add(self, figures: dict[str, Any], x: np.ndarray, got: Any, want: Any) -> bool:
        """Adds what `block` found at these inputs, and returns whether to ask for `details`."""
        figures = {name: np.asarray(value) for name, value in figures.items()}
        inputs, wrong = _unpacked(figures["others"], 2)
        tiny, flushed, excused = _unpacked(figures["apart"], 3)
        self.inputs += inputs
        self.tiny += tiny
        self.flushed += flushed
        self.excused += excused
        self.above = [
            a + b for a, b in zip(self.above, _unpacked(figures["above"], len(LEVELS)), strict=True)
        ]
        self.tiny_error = max(self.tiny_error, float(figures["tiny_error"]))
        self.excused_worst = max(self.excused_worst, float(figures["excused_worst"]))
        worst, at = float(figures["worst"].max()), int(figures["at"])
        if worst > self.worst:
            self.worst = worst
            self.at = [float(x[at]), float(np.asarray(got)[at]), float(np.asarray(want)[at])]
        return wrong > 0

    def add_faults(self, counts_and_places: tuple[Array, Array], x: np.ndarray) -> None:
        """Adds what `details` found, which is asked only where something is wrong."""
        counts, places = map(np.asarray, counts_and_places)
        for name, count, place in zip(FAULTS, counts, places, strict=True):
            self.faults[name] += int(count)
            if count:
                self.fault_at[name] = float(x[place])

    def join(self, ends: Any, x: np.ndarray) -> None:
        """Whether the results of a rising function fall between two blocks."""
        first, last = np.asarray(ends).tolist()
        if self.last is not None and first < self.last:
            self.faults["backwards"] += 1
            self.fault_at["backwards"] = float(x[0])
        self.last = last
