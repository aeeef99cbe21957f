"""References of the variants that multiply x by a smooth gate."""

import math
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from .digits import bounded, exp, mp
from .entry import Both, Reference, times

GATES: dict[str, Reference] = {}


# -- the logistic gate -----------------------------------------------------------------------------


def logistic(z: Array) -> tuple[Array, Array, Array]:
    """The logistic function at z, at |z| and at -|z|; -|z| is written so that JAX derives it at 0 too."""
    w = jnp.exp(jnp.where(z < 0, z, -z))
    high, low = 1.0 / (1.0 + w), w / (1.0 + w)
    return jnp.where(z < 0, low, high), high, low


def gated(x: Array, z: Array, m: Array) -> Both:
    """x logistic(z) and its slope; m = x dz/dx."""
    s, high, low = logistic(z)
    value = jnp.where(s == 0, jnp.where(x < 0, -0.0, 0.0), x * s)
    return value, s + jnp.where(low == 0, 0.0, m * low * high)


def gated_textbook(x: Any, z: Any, m: Any) -> Both:
    w = exp(-z)
    s = 1 / (1 + w)
    return x * s, s * (1 + m * w * s)


def gelu(x: Array) -> Both:
    c, k = math.sqrt(8.0 / math.pi), 0.044715
    return gated(x, c * x * (1.0 + k * x * x), c * x * (1.0 + 3.0 * k * x * x))


def gelu_textbook(x: Any) -> Both:
    c, k = mp.sqrt(8 / mp.pi), mp.mpf("0.044715")
    return gated_textbook(x, c * (x + k * x**3), c * (x + 3 * k * x**3))


GATES["gelu"] = Reference(
    formula=gelu,
    textbook=gelu_textbook,
    slope_zeros=lambda: (-0.7524614220710162,),
)


SILU_MINIMUM = -1.2784645427610738  # there 1 + exp(x) + x = 0


def parametric_swish(x: Array, beta: Array) -> Both:
    z = times(beta, x)
    return gated(x, z, z)


def parametric_swish_textbook(x: Any, beta: Any) -> Both:
    return gated_textbook(x, beta * x, beta * x)


GATES["parametric_swish"] = Reference(
    formula=parametric_swish,
    textbook=parametric_swish_textbook,
    cases=({"beta": 2.5}, {"beta": -1.3}, {"beta": 0.0}),
    slope_zeros=lambda beta: (SILU_MINIMUM / beta,) if beta else (),
)

GATES["silu"] = Reference(
    formula=lambda x: parametric_swish(x, jnp.ones((), x.dtype)),
    textbook=lambda x: parametric_swish_textbook(x, 1),
    slope_zeros=lambda: (SILU_MINIMUM,),
)

GATES["quick_gelu"] = Reference(
    formula=lambda x: parametric_swish(x, jnp.asarray(1.702, x.dtype)),
    textbook=lambda x: parametric_swish_textbook(x, mp.mpf(1.702)),  # the float64 number
    slope_zeros=lambda: (SILU_MINIMUM / 1.702,),
)


def acon_c(x: Array, p1: Array, p2: Array, beta: Array) -> Both:
    """Where x is infinite, the two lines are one: infinite terms of both signs need not be added."""
    z = beta * (p1 - p2) * x
    value, slope = gated(x, z, z)
    line = times((p1 - p2) * logistic(z)[0] + p2, x)
    value = jnp.where(jnp.isinf(x), line, (p1 - p2) * value + times(p2, x))
    return value, (p1 - p2) * slope + p2


def acon_c_textbook(x: Any, p1: Any, p2: Any, beta: Any) -> Both:
    d = p1 - p2
    value, slope = gated_textbook(x, beta * d * x, beta * d * x)
    return d * value + p2 * x, d * slope + p2


def acon_c_terms(x: Array, p1: Array, p2: Array, beta: Array) -> Both:
    """Two lines of slopes of both signs, switched smoothly: with p2 at 0 it is silu, and nothing cancels."""
    z = beta * (p1 - p2) * x
    value = jnp.abs(x) * (jnp.abs(p2) + jnp.abs(p1 - p2) * logistic(z)[0])
    slope = jnp.abs(p2) + jnp.abs((p1 - p2) * gated(z, z, z)[1])
    return jnp.where(p2 == 0, 0.0, value), jnp.where(p2 == 0, 0.0, slope)


GATES["acon_c"] = Reference(
    formula=acon_c,
    textbook=acon_c_textbook,
    cases=({"p1": 1.5, "p2": 0.5, "beta": 2.0}, {"p1": 1.2, "p2": -0.8, "beta": 0.5}),
    slope_zeros=lambda p1, p2, beta: () if p2 else (SILU_MINIMUM / beta,),
    terms=acon_c_terms,
)


# -- other gates -----------------------------------------------------------------------------------


def gelu_exact(x: Array) -> Both:
    a = jnp.clip(x, -40.0, 40.0)
    gate = 0.5 * lax.erfc(-a * math.sqrt(0.5))
    density = jnp.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)
    return jnp.maximum(x, -40.0) * gate, gate + a * density


def gelu_exact_textbook(x: Any) -> Both:
    a = bounded(x, 60)
    gate = mp.erfc(-a / mp.sqrt(2)) / 2
    return x * gate, gate + a * mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi)


GATES["gelu_exact"] = Reference(
    formula=gelu_exact,
    textbook=gelu_exact_textbook,
    slope_zeros=lambda: (-0.7517915246935645,),
)


def gelu_10(x: Array) -> Both:
    value, slope = gelu_exact(x)
    return jnp.minimum(value, 10.0), jnp.where(x >= 10.0, 0.0, slope)


GATES["gelu_10"] = Reference(
    formula=gelu_10,
    textbook=lambda x: gelu_exact_textbook(x) if x < 10 else (10, 0),
    kinks=lambda: (10.0,),
    slope_zeros=lambda: (-0.7517915246935645,),
)


def mish(x: Array) -> Both:
    a = jnp.clip(x, -750.0, 750.0)
    tanh = jnp.tanh(jnp.logaddexp(0.0, a))
    w = jnp.exp(-jnp.abs(a))
    logistic = jnp.where(a < 0, w, 1.0) / (1.0 + w)
    return jnp.maximum(x, -750.0) * tanh, tanh + a * logistic * (1.0 - tanh) * (1.0 + tanh)


def mish_textbook(x: Any) -> Both:
    a = bounded(x)
    e = mp.exp(a)
    t = mp.tanh(mp.log1p(e))
    return x * t, t + a * (1 - t) * (1 + t) * e / (1 + e)


GATES["mish"] = Reference(
    formula=mish,
    textbook=mish_textbook,
    slope_zeros=lambda: (-1.1924312145154,),
)


def telu(x: Array) -> Both:
    a = jnp.clip(x, -750.0, 5.0)
    e = jnp.exp(a)
    tanh = jnp.tanh(e)
    return jnp.maximum(x, -750.0) * tanh, tanh + a * e * (1.0 - tanh) * (1.0 + tanh)


def telu_textbook(x: Any) -> Both:
    a = max(-5000, min(8, x))
    e = mp.exp(a)
    t = mp.tanh(e)
    return x * t, t + a * e / mp.cosh(e) ** 2


GATES["telu"] = Reference(
    formula=telu,
    textbook=telu_textbook,
    slope_zeros=lambda: (-1.0788600584646241,),
    # Below 0 two terms of the slope cancel; one of them is exact, the other at most exp(x).
    terms=lambda x: (0.0, jnp.where(x < 0, 0.5 * jnp.exp(jnp.minimum(x, 0.0)), 0.0)),
)


# -- relu with the slope of another function -------------------------------------------------------


def surrogate_relu(x: Array, surrogate: str, where: str) -> Both:
    slope = bsilu_slope(x) if surrogate == "bsilu" else nelu_slope(x)
    return jnp.maximum(x, 0.0), slope if where == "all" else jnp.where(x > 0, 1.0, slope)


def bsilu_slope(x: Array) -> Array:
    low = jnp.exp(-jnp.abs(x)) / jnp.square(1.0 + jnp.exp(-jnp.abs(x)))
    return gated(x, x, x)[1] + 1.67 * low


def nelu_slope(x: Array) -> Array:
    inner = jnp.clip(x, -1e9, 0.0)
    cube = jnp.minimum(x, -1e9) ** 3  # beyond, 1 + x^2 is x^2
    outer = jnp.where(x < -1e9, 0.4 / cube, 0.4 * inner / (1.0 + inner**2) ** 2)
    return jnp.where(x > 0, 1.0, outer)


def surrogate_relu_textbook(x: Any, surrogate: str, where: str) -> Both:
    if x > 0 and (where == "negative" or surrogate == "nelu"):
        return x, 1
    if surrogate == "nelu":
        return max(x, 0), mp.mpf("0.4") * x / (1 + x**2) ** 2
    w = exp(-x)
    return max(x, 0), gated_textbook(x, x, x)[1] + mp.mpf("1.67") * w / (1 + w) ** 2


def surrogate_textbook(x: Any, surrogate: str, where: str) -> Any:
    """The function of the paper, or its lower half."""
    if x > 0 and (where == "negative" or surrogate == "nelu"):
        return x
    if surrogate == "nelu":
        return -mp.mpf("0.2") / (1 + x**2)
    return (x + mp.mpf("1.67")) / (1 + exp(-x)) - mp.mpf("0.835")


GATES["surrogate_relu"] = Reference(
    formula=surrogate_relu,
    textbook=surrogate_relu_textbook,
    antiderivative=surrogate_textbook,
    cases=({"surrogate": "nelu"}, {"where": "negative"}, {"surrogate": "nelu", "where": "negative"}),
    kinks=lambda surrogate, where: () if (surrogate, where) == ("bsilu", "all") else (0.0,),
    slope_zeros=lambda surrogate, where: (-2.7349004665497566,) if surrogate == "bsilu" else (),
    monotone=True,
)
