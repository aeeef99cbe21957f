"""What every variant should return: float64 formulas of value and slope that share nothing with the kernels.

The exponential, expm1, log1p, tanh and erfc are XLA's own. The formulas are written so that nothing
cancels and infinity times zero cannot arise; the table measures them against mpmath as it measures the
variants. To add a variant, add a function of x and of its parameters, by name, that returns both.
"""

import dataclasses
import inspect
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

import jaxrelu

from . import lines

Both = tuple[Array, Array]
Formula = Callable[..., Both]


@dataclasses.dataclass(frozen=True)
class Reference:
    """Value and slope, and what must hold of them."""

    both: Formula
    monotone: bool = False  # the value never falls
    convex: bool = False  # nor does the slope

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that are numbers."""
        return tuple(inspect.signature(self.both).parameters)[1:]


def reference_of(name: str) -> Reference:
    """The reference of a variant."""
    if name not in REFERENCES:
        raise LookupError(f"add the float64 reference of {name} to references/formulas.py")
    return REFERENCES[name]


def rising(name: str) -> dict[str, bool]:
    """Whether value and slope never fall."""
    known = reference_of(name)
    return {"value": known.monotone, "slope": known.convex}


def parameters_of(row: jaxrelu.Variant) -> dict[str, Any]:
    """The parameters that the reference needs, at their defaults or as the row's example has them."""
    given = {**row.defaults, **row.example}
    return {name: given[name] for name in reference_of(row.name).parameters}


def _below(x: Array) -> Array:
    return jnp.minimum(x, 0.0)


# -- smooth gates ----------------------------------------------------------------------------------


def _gate(x: Array, z: Array, m: Array) -> Both:
    """x logistic(z) and its slope; m = x dz/dx."""
    w = jnp.exp(-jnp.abs(z))
    high, low = 1.0 / (1.0 + w), w / (1.0 + w)
    s = jnp.where(z < 0, low, high)
    value = jnp.where(s == 0, jnp.where(x < 0, -0.0, 0.0), x * s)
    return value, s + jnp.where(low == 0, 0.0, m * low * high)


def _gelu(x: Array) -> Both:
    c, k = math.sqrt(8.0 / math.pi), 0.044715
    return _gate(x, c * x * (1.0 + k * x * x), c * x * (1.0 + 3.0 * k * x * x))


def _gelu_exact(x: Array) -> Both:
    a = jnp.clip(x, -40.0, 40.0)
    below = 0.5 * lax.erfc(-a * math.sqrt(0.5))
    density = jnp.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)
    return jnp.maximum(x, -40.0) * below, below + a * density


def _parametric_swish(x: Array, beta: Array) -> Both:
    return _gate(x, beta * x, beta * x)


def _acon_c(x: Array, p1: Array, p2: Array, beta: Array) -> Both:
    value, slope = _gate(x, beta * (p1 - p2) * x, beta * (p1 - p2) * x)
    line = lines.times(p2, x)
    return (p1 - p2) * value + line, (p1 - p2) * slope + p2


def _mish(x: Array) -> Both:
    a = jnp.clip(x, -750.0, 750.0)
    tanh = jnp.tanh(jnp.logaddexp(0.0, a))
    w = jnp.exp(-jnp.abs(a))
    logistic = jnp.where(a < 0, w, 1.0) / (1.0 + w)
    return jnp.maximum(x, -750.0) * tanh, tanh + a * logistic * (1.0 - tanh) * (1.0 + tanh)


def _telu(x: Array) -> Both:
    a = jnp.clip(x, -750.0, 5.0)
    e = jnp.exp(a)
    tanh = jnp.tanh(e)
    return jnp.maximum(x, -750.0) * tanh, tanh + a * e * (1.0 - tanh) * (1.0 + tanh)


# -- exponential and algebraic ---------------------------------------------------------------------


def _expm1(x: Array) -> Array:
    """exp(x) - 1. JAX takes expm1(x) + 1 for the derivative of expm1, which cancels in the tail."""
    return jnp.where(x < -1, jnp.exp(x) - 1.0, jnp.expm1(x))


def _elu(x: Array, alpha: Array) -> Both:
    above = x > 0
    return jnp.where(above, x, alpha * _expm1(_below(x))), jnp.where(above, 1.0, alpha * jnp.exp(_below(x)))


def _celu(x: Array, alpha: Array) -> Both:
    value, slope = _elu(x / alpha, jnp.ones_like(alpha))
    return jnp.where(x > 0, x, alpha * value), slope


def _selu(x: Array) -> Both:
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    value, slope = _elu(x, jnp.asarray(alpha, x.dtype))
    return scale * value, scale * slope


def _pelu(x: Array, alpha: Array, beta: Array) -> Both:
    value, slope = _elu(x / beta, jnp.ones_like(beta))
    return alpha * value, alpha / beta * slope


def _xielu(x: Array, alpha_p: Array, alpha_n: Array, beta: Array) -> Both:
    bend = _expm1(_below(x))
    value = jnp.where(x > 0, x * (alpha_p * x + beta), alpha_n * bend + (beta - alpha_n) * x)
    return value, jnp.where(x > 0, 2.0 * alpha_p * x, alpha_n * bend) + beta


def _softplus(x: Array) -> Both:
    w = jnp.exp(-jnp.abs(x))
    return jnp.maximum(x, 0.0) + jnp.log1p(w), jnp.where(x < 0, w, 1.0) / (1.0 + w)


def _squareplus(x: Array, b: Array) -> Both:
    h = jnp.hypot(x, jnp.sqrt(b))
    half = 0.5 * b / (h + jnp.abs(x))  # (h - |x|) / 2
    return jnp.maximum(x, 0.0) + half, jnp.where(x < 0, half / h, 1.0 - half / h)


def _isrlu(x: Array, alpha: Array) -> Both:
    root = jnp.sqrt(alpha)
    negative = jnp.where(x < 0, x, -1.0)
    value = jnp.where(x < 0, -1.0 / jnp.hypot(1.0 / negative, root), x)
    return value, (1.0 / jnp.hypot(1.0, root * _below(x))) ** 3


def _star_relu(x: Array, scale: Array, bias: Array) -> Both:
    above = jnp.maximum(x, 0.0)
    return scale * above * above + bias, 2.0 * scale * above


def _squared_relu(x: Array) -> Both:
    return _star_relu(x, jnp.asarray(1.0, x.dtype), jnp.asarray(0.0, x.dtype))


def _smelu(x: Array, beta: Array) -> Both:
    inner = jnp.clip(x, -beta, beta) + beta
    return jnp.where(x < beta, inner * inner / (4.0 * beta), x), inner / (2.0 * beta)


def _surrogate_relu(x: Array) -> Both:
    low = jnp.exp(-jnp.abs(x)) / jnp.square(1.0 + jnp.exp(-jnp.abs(x)))
    return lines.relu(x)[0], _gate(x, x, x)[1] + 1.67 * low


REFERENCES: dict[str, Reference] = {
    "relu": Reference(lines.relu, monotone=True, convex=True),
    "leaky_relu": Reference(lines.leaky_relu, monotone=True, convex=True),
    "prelu": Reference(lines.leaky_relu, monotone=True, convex=True),
    "rrelu": Reference(lines.rrelu, monotone=True, convex=True),
    "relu6": Reference(lines.relu6, monotone=True),
    "general_relu": Reference(lines.general_relu, monotone=True, convex=True),
    "threshold": Reference(lines.threshold, monotone=True, convex=True),
    "hard_tanh": Reference(lines.hard_tanh, monotone=True),
    "hard_sigmoid": Reference(lines.hard_sigmoid, monotone=True),
    "hard_silu": Reference(lines.hard_silu),
    "hard_mish": Reference(lines.hard_mish),
    "squared_relu": Reference(_squared_relu, monotone=True, convex=True),
    "star_relu": Reference(_star_relu, monotone=True, convex=True),
    "smelu": Reference(_smelu, monotone=True, convex=True),
    "squareplus": Reference(_squareplus, monotone=True, convex=True),
    "isrlu": Reference(_isrlu, monotone=True, convex=True),
    "elu": Reference(_elu, monotone=True, convex=True),
    "celu": Reference(_celu, monotone=True, convex=True),
    "selu": Reference(_selu, monotone=True),
    "softplus": Reference(_softplus, monotone=True, convex=True),
    "gelu": Reference(_gelu),
    "gelu_exact": Reference(_gelu_exact),
    "quick_gelu": Reference(lambda x: _parametric_swish(x, jnp.asarray(1.702, x.dtype))),
    "silu": Reference(lambda x: _parametric_swish(x, jnp.asarray(1.0, x.dtype))),
    "mish": Reference(_mish),
    "telu": Reference(_telu),
    "srelu": Reference(lines.srelu, monotone=True),
    "apl": Reference(lines.apl),
    "pelu": Reference(_pelu, monotone=True, convex=True),
    "xielu": Reference(_xielu),
    "acon_c": Reference(_acon_c),
    "parametric_swish": Reference(_parametric_swish),
    "surrogate_relu": Reference(_surrogate_relu, monotone=True),
}
