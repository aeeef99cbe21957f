"""References of the variants with one exponential or one root."""

import math
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from .digits import bounded, exp, mp
from .entry import Both, Reference, below, times

EXPONENTIAL: dict[str, Reference] = {}


# -- exponential -----------------------------------------------------------------------------------


def expm1(x: Array) -> Array:
    """exp(x) - 1. JAX takes expm1(x) + 1 for the derivative of expm1, which cancels in the tail."""
    return jnp.where(x < -1, jnp.exp(x) - 1.0, jnp.expm1(x))


def elu(x: Array, alpha: Array) -> Both:
    above = x > 0
    return jnp.where(above, x, alpha * expm1(below(x))), jnp.where(above, 1.0, alpha * jnp.exp(below(x)))


def elu_textbook(x: Any, alpha: Any) -> Both:
    return (x, mp.mpf(1)) if x > 0 else (alpha * mp.expm1(bounded(x)), alpha * exp(x))


EXPONENTIAL["elu"] = Reference(
    formula=elu,
    textbook=elu_textbook,
    cases=({"alpha": 0.5},),
    kinks=lambda alpha: () if alpha == 1.0 else (0.0,),
    monotone=True,
    convex=True,
)


def celu(x: Array, alpha: Array) -> Both:
    value, slope = elu(x / alpha, jnp.ones_like(alpha))
    return jnp.where(x > 0, x, alpha * value), slope


def celu_textbook(x: Any, alpha: Any) -> Both:
    value, slope = elu_textbook(x / alpha, 1)
    return alpha * value, slope


EXPONENTIAL["celu"] = Reference(
    formula=celu,
    textbook=celu_textbook,
    cases=({"alpha": 0.5}, {"alpha": 3.0}),
    monotone=True,
    convex=True,
)


def selu(x: Array) -> Both:
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    value, slope = elu(x, jnp.asarray(alpha, x.dtype))
    return scale * value, scale * slope


def selu_textbook(x: Any) -> Both:
    # The fixed point of mean 0 and variance 1: Klambauer et al. 2017, appendix.
    scale = mp.mpf("1.0507009873554804934193349852946")
    value, slope = elu_textbook(x, mp.mpf("1.6732632423543772848170429916717"))
    return scale * value, scale * slope


EXPONENTIAL["selu"] = Reference(
    formula=selu,
    textbook=selu_textbook,
    kinks=lambda: (0.0,),
    monotone=True,
)


def softplus(x: Array, beta: Array | None) -> Both:
    rate = jnp.ones((), x.dtype) if beta is None else beta
    w = jnp.exp(-jnp.abs(rate * x))
    return jnp.maximum(x, 0.0) + jnp.log1p(w) / rate, jnp.where(x < 0, w, 1.0) / (1.0 + w)


def softplus_textbook(x: Any, beta: Any) -> Both:
    z = x if beta is None else beta * x
    value = z if z > 5000 else mp.log1p(exp(z))
    return (value if beta is None else value / beta), 1 / (1 + exp(-z))


EXPONENTIAL["softplus"] = Reference(
    formula=softplus,
    textbook=softplus_textbook,
    cases=({"beta": 0.3}, {"beta": 4.0}),
    monotone=True,
    convex=True,
)


def log_sigmoid(x: Array) -> Both:
    value, slope = softplus(-x, None)
    return -value, slope


def log_sigmoid_textbook(x: Any) -> Both:
    return (x if x < -5000 else -mp.log1p(exp(-x))), 1 / (1 + exp(x))


EXPONENTIAL["log_sigmoid"] = Reference(
    formula=log_sigmoid,
    textbook=log_sigmoid_textbook,
    monotone=True,
)


def laplace(x: Array, mu: Array, sigma: Array) -> Both:
    u = jnp.clip((x - mu) / sigma, -60.0, 60.0)
    return 0.5 * lax.erfc(-u * math.sqrt(0.5)), jnp.exp(-0.5 * u * u) / (math.sqrt(2.0 * math.pi) * sigma)


def laplace_textbook(x: Any, mu: Any, sigma: Any) -> Both:
    u = bounded((x - mu) / sigma, 60)
    return mp.erfc(-u / mp.sqrt(2)) / 2, mp.exp(-u * u / 2) / (mp.sqrt(2 * mp.pi) * sigma)


EXPONENTIAL["laplace"] = Reference(
    formula=laplace,
    textbook=laplace_textbook,
    cases=({"mu": 0.0, "sigma": 1.0}, {"mu": -0.3, "sigma": 2.5}),
    monotone=True,
)


def tanh_shrink(x: Array) -> Both:
    """Near 0 as a series, in which the terms shrink by 0.37 t at least, t below 1 / 4."""
    near = jnp.clip(x, -0.5, 0.5)
    t = near * near
    series = jnp.zeros_like(x)
    for coefficient in reversed(_TANH_SERIES):
        series = coefficient + t * series
    far = jnp.where(jnp.isinf(x), x, x - jnp.tanh(x))
    return jnp.where(jnp.abs(x) < 0.5, near * t * series, far), jnp.square(jnp.tanh(x))


def tanh_shrink_textbook(x: Any) -> Both:
    digits = 0 if x == 0 else max(0, -int(mp.log10(abs(x))))  # that x shares with its tangent, twice as many
    with mp.workdps(mp.dps + 2 * digits + 5):
        tanh = mp.tanh(bounded(x))
        return x - tanh, tanh**2


# (x - tanh(x)) / x**3 in x**2, from the tangent numbers.
_TANH_SERIES = tuple(
    float(-(2 ** (2 * n)) * (2 ** (2 * n) - 1) * mp.bernoulli(2 * n) / mp.factorial(2 * n))
    for n in range(2, 26)
)

EXPONENTIAL["tanh_shrink"] = Reference(
    formula=tanh_shrink,
    textbook=tanh_shrink_textbook,
    monotone=True,
)


def pelu(x: Array, alpha: Array, beta: Array) -> Both:
    value, slope = elu(x / beta, jnp.ones_like(beta))
    return alpha * value, alpha / beta * slope


def pelu_textbook(x: Any, alpha: Any, beta: Any) -> Both:
    value, slope = elu_textbook(x / beta, 1)
    return alpha * value, alpha / beta * slope


EXPONENTIAL["pelu"] = Reference(
    formula=pelu,
    textbook=pelu_textbook,
    cases=({"alpha": 2.0, "beta": 0.5}, {"alpha": 0.7, "beta": 3.0}),
    monotone=True,
    convex=True,
)


def xielu(x: Array, alpha_p: Array, alpha_n: Array, beta: Array) -> Both:
    bend = expm1(below(x))
    value = jnp.where(x > 0, x * (alpha_p * x + beta), alpha_n * bend + times(beta - alpha_n, x))
    slope = jnp.where(x > 0, 2.0 * alpha_p * x, alpha_n * bend) + beta
    # With equal alpha_n and beta nothing but the exponential is left below 0: the sum would cancel.
    return value, jnp.where((x <= 0) & (beta == alpha_n), alpha_n * jnp.exp(below(x)), slope)


def xielu_textbook(x: Any, alpha_p: Any, alpha_n: Any, beta: Any) -> Both:
    if x > 0:
        return alpha_p * x * x + beta * x, 2 * alpha_p * x + beta
    bend = mp.expm1(bounded(x))
    return alpha_n * (bend - x) + beta * x, alpha_n * bend + beta


def xielu_terms(x: Array, alpha_p: Array, alpha_n: Array, beta: Array) -> Both:
    """With beta < alpha_n value and slope change their sign below 0: beta x and alpha_n (...) cancel."""
    value = alpha_n * jnp.abs(expm1(below(x))) + jnp.abs((beta - alpha_n) * below(x))
    slope = alpha_n * jnp.exp(below(x)) + jnp.abs(beta - alpha_n)
    return value, jnp.where((x < 0) & (beta != alpha_n), slope, 0.0)


EXPONENTIAL["xielu"] = Reference(
    formula=xielu,
    textbook=xielu_textbook,
    cases=({"alpha_p": 0.5, "alpha_n": 1.5, "beta": 0.5}, {"alpha_p": 0.3, "alpha_n": 0.7, "beta": 0.7}),
    terms=xielu_terms,
)


# -- algebraic -------------------------------------------------------------------------------------


def squareplus(x: Array, b: Array) -> Both:
    h = jnp.hypot(x, jnp.sqrt(b))
    half = 0.5 * b / (h + jnp.abs(x))  # (h - |x|) / 2
    return jnp.maximum(x, 0.0) + half, jnp.where(x < 0, half / h, 1.0 - half / h)


def squareplus_textbook(x: Any, b: Any) -> Both:
    h = mp.sqrt(x * x + b)
    value = (x + h) / 2 if x >= 0 else b / (2 * (h - x))  # the same, where the sum would cancel
    return value, value / h


EXPONENTIAL["squareplus"] = Reference(
    formula=squareplus,
    textbook=squareplus_textbook,
    cases=({"b": 0.5}, {"b": 3.0}),
    monotone=True,
    convex=True,
)


EXPONENTIAL["soft_sign"] = Reference(
    formula=lambda x: (
        jnp.where(jnp.isinf(x), jnp.sign(x), x / (1.0 + jnp.abs(x))),
        (1.0 / (1.0 + jnp.abs(x))) ** 2,
    ),
    textbook=lambda x: (x / (1 + abs(x)), 1 / (1 + abs(x)) ** 2),
    monotone=True,
)


def isrlu(x: Array, alpha: Array) -> Both:
    root = jnp.sqrt(alpha)
    negative = jnp.where(x < 0, x, -1.0)
    value = jnp.where(x < 0, -1.0 / jnp.hypot(1.0 / negative, root), x)
    return value, (1.0 / jnp.hypot(1.0, root * below(x))) ** 3


def isrlu_textbook(x: Any, alpha: Any) -> Both:
    r = 1 if x >= 0 else 1 / mp.sqrt(1 + alpha * x * x)
    return x * r, mp.mpf(r) ** 3


EXPONENTIAL["isrlu"] = Reference(
    formula=isrlu,
    textbook=isrlu_textbook,
    cases=({"alpha": 0.5}, {"alpha": 3.0}),
    monotone=True,
    convex=True,
)
