"""The models behind `benchmarks.convergence`: an activation by name, and a classifier around it."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.nn.initializers import variance_scaling

import jaxrelu
import jaxrelu.nnx
from jaxrelu.initializers import gain

from ..core.digits import CLASSES, PIXELS

Module = Callable[[Array], Array]

# What a rectifier is compared with: nothing at all, and what came before it.
BASELINES: dict[str, Module] = {"identity": lambda x: x, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}

# What a gradient from a slope of few bits does: the same function, see `jaxrelu.with_residual`.
ROUNDED: dict[str, Module] = {
    f"gelu_{bits}bit": jaxrelu.with_residual(jaxrelu.gelu, bits=bits) for bits in (2, 4, 8)
}

_UNLISTED = {**BASELINES, **ROUNDED}  # not in the catalogue, and without arguments

# At its defaults general_relu is relu, so it is trained with the arguments of the fastai course.
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "general_relu": {"negative_slope": 0.1, "shift": 0.4, "max_value": 6.0},
}


def arguments(name: str) -> dict[str, Any]:
    """What this activation is given beside its input; a learned argument starts at the value here."""
    if name in _UNLISTED:
        return {}
    row = jaxrelu.catalogue()[name]
    return {**row.arguments, **row.example, **_ARGUMENTS.get(name, {})}


def module(name: str) -> Module:
    """The activation of this name: the class of `jaxrelu.nnx` named like it, or a fixed `Activation`."""
    if name in _UNLISTED:
        return jaxrelu.nnx.Activation(_UNLISTED[name])
    given = arguments(name)
    own = {each.lower(): each for each in jaxrelu.nnx.__all__}.get(name.replace("_", ""))
    if own is None or name == "rrelu":  # the trainer has no keys to draw slopes with: rrelu's mean slope
        return jaxrelu.nnx.Activation(jaxrelu.catalogue()[name].function, **given)
    make = getattr(jaxrelu.nnx, own)
    accepted = inspect.signature(make.__init__).parameters  # the class itself shows those of its metaclass
    starts = {**jaxrelu.catalogue()[name].defaults, **given}
    candidates = {**given, **{f"{argument}_init": value for argument, value in starts.items()}}
    candidates["hinges"] = len(given.get("slopes", ()))  # of apl: as many as there are slopes
    return make(**{argument: value for argument, value in candidates.items() if argument in accepted})


@dataclasses.dataclass(frozen=True)
class MLPPlan:
    """A classifier of digits with equal hidden layers, and how its weights start.

    Attributes:
      name: the activation, as for `module`.
      width: the outputs of a hidden layer, before the activation.
      depth: the number of hidden layers.
      ratio: the channels out of the activation for each one in: 2 for crelu, 1 for what is elementwise.
      gain: the deviation of a weight behind the activation, times the square root of its layer's inputs.
    """

    name: str
    width: int
    depth: int
    ratio: float
    gain: float

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each layer."""
        inputs = [PIXELS] + [round(self.ratio * self.width)] * self.depth
        return list(zip(inputs, [self.width] * self.depth + [CLASSES], strict=True))

    @property
    def weights(self) -> int:
        """The number of weights and biases."""
        return sum((inputs + 1) * outputs for inputs, outputs in self.shapes)


def plan(name: str, width: int, depth: int) -> MLPPlan:
    """The plan with as many weights as an elementwise activation has at this width, as nearly as may be."""
    activation = module(name)
    ratio = activation(jnp.zeros((1, 4), jnp.float32)).shape[-1] / 4
    wanted = MLPPlan(name, width, depth, 1.0, gain(activation))
    widths = range(2, 4 * width, max(1, round(1 / ratio)))
    candidates = [dataclasses.replace(wanted, width=each, ratio=ratio) for each in widths]
    return min(candidates, key=lambda each: abs(each.weights - wanted.weights))


class MLP(nnx.Module):
    """The model of a plan; biases start at zero, weights at a matched normal."""

    def __init__(self, plan: MLPPlan, *, rngs: nnx.Rngs):
        # The pixels are standardised already; every later layer undoes what the activation did to its input.
        gains = [1.0] + [plan.gain] * plan.depth
        self.layers = nnx.List(
            [
                nnx.Linear(*shape, kernel_init=variance_scaling(gain**2, "fan_in", "normal"), rngs=rngs)
                for shape, gain in zip(plan.shapes, gains, strict=True)
            ]
        )
        self.activations = nnx.List([module(plan.name) for _ in range(plan.depth)])

    def hidden(self, x: Array) -> list[Array]:
        """What each hidden layer gives, after its activation."""
        outputs = []
        for layer, activation in zip(self.layers, self.activations, strict=False):
            x = activation(layer(x))
            outputs.append(x)
        return outputs

    def __call__(self, x: Array) -> Array:
        return self.layers[-1](self.hidden(x)[-1])
