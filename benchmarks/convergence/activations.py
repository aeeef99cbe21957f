"""The activations that are trained, by name: fresh modules, and what their weights start with."""

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxrelu
import jaxrelu.nnx
from jaxrelu.initializers import gain

Module = Callable[..., Array]

# What a rectifier is compared with: nothing at all, and what came before it.
BASELINES: dict[str, Module] = {"identity": lambda x: x, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}

# What a gradient from a slope of few bits does: the same function, see `jaxrelu.with_residual`.
ROUNDED: dict[str, Module] = {
    f"gelu_{bits}bit": jaxrelu.with_residual(jaxrelu.gelu, bits=bits) for bits in (2, 4, 8)
}

_UNLISTED = {**BASELINES, **ROUNDED}  # not in the catalogue, and without arguments

# They make one channel of several that lie side by side: another layer, and no activation of x alone.
_SPLITTING = ("maxout", "glu")

# At its defaults general_relu is relu, so it is trained with the arguments of the fastai course.
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "general_relu": {"negative_slope": 0.1, "shift": 0.4, "max_value": 6.0},
}


def unit_normal(key: Array, shape: Sequence[int], dtype: Any = jnp.float32) -> Array:
    """Weights that keep the second moment of their layer's inputs, (..., inputs, outputs)."""
    # Drawn flat: XLA writes out a last axis of ten number by number, which takes seconds to compile.
    flat = jax.random.normal(key, (math.prod(shape),), dtype)
    return flat.reshape(shape) / math.sqrt(math.prod(shape[:-1]))


@dataclasses.dataclass(frozen=True)
class Candidate:
    """An activation as a task is given it.

    Attributes:
      name: which goes into the random keys, so that no two names start from the same weights.
      make: gives a module of its own, with its own learned parameters, for each place in a model.
      arguments: what the function is given beside its input; a learned argument starts at the value here.
      operands: 2 for a gated unit, which is called with a gate and a value; else 1.
    """

    name: str
    make: Callable[[], Module]
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    operands: int = 1

    def _of_one(self, x: Array) -> Array:
        """The function of the gate alone; the value, which is independent of it, is 1 in the mean square."""
        return self.make()(x, *[jnp.ones_like(x)] * (self.operands - 1))

    @functools.cached_property
    def gain(self) -> float:
        """The deviation of a weight behind the activation, times the square root of its layer's inputs."""
        return gain(self._of_one)

    @functools.cached_property
    def ratio(self) -> float:
        """The channels out of the activation for each one in: 2 for crelu, 1 for what is elementwise."""
        return self._of_one(jnp.zeros((1, 4), jnp.float32)).shape[-1] / 4

    @property
    def initializer(self) -> Callable[..., Array]:
        """Of the weights behind the activation: they undo what it does to the second moment."""
        return lambda *asked: self.gain * unit_normal(*asked)

    def channels(self, width: int) -> int:
        """How many channels it gives for so many."""
        return round(self.ratio * width)


def names() -> tuple[str, ...]:
    """The catalogue as it is now, and what it is compared with."""
    return (*(name for name in jaxrelu.catalogue() if name not in _SPLITTING), *ROUNDED, *BASELINES)


def find(name: str) -> Candidate:
    """The activation of this name: the class of `jaxrelu.nnx` named like it, or a fixed `Activation`."""
    if name in _UNLISTED:
        return Candidate(name, lambda: jaxrelu.nnx.Activation(_UNLISTED[name]))
    row = jaxrelu.catalogue()[name]
    if row.partners:
        return Candidate(name, lambda: row.bound, operands=1 + len(row.partners))
    given = {**row.arguments, **row.example, **_ARGUMENTS.get(name, {})}
    return Candidate(name, functools.partial(_module, name, given), given)


def _module(name: str, given: dict[str, Any]) -> Module:
    own = {each.lower(): each for each in jaxrelu.nnx.__all__}.get(name.replace("_", ""))
    if own is None or name == "rrelu":  # the trainer has no keys to draw slopes with: rrelu's mean slope
        return jaxrelu.nnx.Activation(jaxrelu.catalogue()[name].function, **given)
    make = getattr(jaxrelu.nnx, own)
    accepted = inspect.signature(make.__init__).parameters  # the class itself shows those of its metaclass
    starts = {**jaxrelu.catalogue()[name].defaults, **given}
    candidates = {**given, **{f"{argument}_init": value for argument, value in starts.items()}}
    candidates["hinges"] = len(given.get("slopes", ()))  # of apl: as many as there are slopes
    return make(**{argument: value for argument, value in candidates.items() if argument in accepted})
