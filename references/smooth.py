"""References of the variants with an exponential."""

from typing import Any

import numpy as np
from mpmath import mp
from scipy.special import expit, ndtr

from .entry import Reference, above, below, near, scaled


def density(x: Any) -> Any:
    return np.exp(-0.5 * np.square(x)) / np.sqrt(2.0 * np.pi)


def gelu_slope(x: Any) -> Any:
    x = near(x, 40.0)
    return ndtr(x) + x * density(x)


def tanh_gelu_argument(x: Any) -> Any:
    """Twice the argument of the tanh: (1 + tanh(u)) / 2 is the logistic function of 2 u."""
    x = near(x, 40.0)
    return np.sqrt(8.0 / np.pi) * (x + 0.044715 * x**3)


def tanh_gelu_slope(x: Any) -> Any:
    z = tanh_gelu_argument(x)
    x = near(x, 40.0)
    dz = np.sqrt(8.0 / np.pi) * (1.0 + 3.0 * 0.044715 * x**2)
    return expit(z) * (1.0 + x * dz * expit(-z))


def silu_slope(x: Any) -> Any:
    x = near(x, 750.0)
    return expit(x) * (1.0 + x * expit(-x))


def mish_slope(x: Any) -> Any:
    x = near(x, 700.0)
    z = np.logaddexp(0.0, x)
    return np.tanh(z) + x * expit(x) / np.cosh(np.minimum(z, 350.0)) ** 2


SELU_SCALE = 1.0507009873554804934193349852946  # Klambauer et al. 2017, to more places than a float has
SELU_ALPHA = 1.6732632423543772848170429916717


def celu_alpha_slope(x: Any, alpha: Any) -> Any:
    u = below(near(x, 1e6)) / alpha
    small = -(u**2) * (1 / 2 + u * (1 / 3 + u * (1 / 8 + u / 30)))  # expm1(u) - u exp(u) cancels near 0
    return np.where(np.abs(u) < 1e-3, small, np.expm1(u) - u * np.exp(u))


# Where silu has its minimum: 1 + exp(x) + x = 0.
SILU_MINIMUM = -1.2784645427610738


def telu_slope(x: Any) -> Any:
    x = near(x, 750.0)
    e = np.exp(np.minimum(x, 5.0))
    return np.tanh(e) + x * e / np.cosh(e) ** 2


def pelu_beta_slope(x: Any, alpha: Any, beta: Any) -> Any:
    return -(alpha * x / beta**2) * np.exp(below(x) / beta)


def xielu(x: Any, alpha_p: Any, alpha_n: Any, beta: Any) -> Any:
    negative = alpha_n * np.expm1(below(x)) + scaled(beta - alpha_n, below(x))
    return np.where(x > 0, above(x) * (alpha_p * above(x) + beta), negative)


def acon_gate(x: Any, p1: Any, p2: Any, beta: Any) -> tuple[Any, Any, Any]:
    """x bounded where the gate is 0 or 1, the gate, and the slope of x logistic(z) by x."""
    z = beta * (p1 - p2) * x
    return near(x, 1e300), expit(z), silu_slope(z)


def acon_c(x: Any, p1: Any, p2: Any, beta: Any) -> Any:
    bounded, gate, _ = acon_gate(x, p1, p2, beta)
    mixed = (p1 - p2) * gate + p2
    return np.where(mixed == 0.0, 0.0 * bounded, x * np.where(mixed == 0.0, 1.0, mixed))


def acon_c_slope(x: Any, p1: Any, p2: Any, beta: Any) -> Any:
    return (p1 - p2) * acon_gate(x, p1, p2, beta)[2] + p2


def acon_c_beta_slope(x: Any, p1: Any, p2: Any, beta: Any) -> Any:
    bounded, gate, _ = acon_gate(x, p1, p2, beta)
    return ((p1 - p2) * bounded) ** 2 * gate * expit(-beta * (p1 - p2) * x)


def swish(x: Any, beta: Any) -> Any:
    return np.where(beta * x < -750.0, 0.0, x * expit(beta * x if np.any(beta) else 0.0 * near(x, 1.0)))


def nelu_slope(x: Any) -> Any:
    bounded = np.clip(x, -1e9, 0.0)
    cube = np.minimum(below(x), -1e9) ** 3  # beyond, 1 + x^2 is x^2
    return np.where(x > 0, 1.0, np.where(x < -1e9, 0.4 / cube, 0.4 * bounded / (1.0 + bounded**2) ** 2))


def bsilu_slope(x: Any) -> Any:
    return silu_slope(x) + 1.67 * expit(x) * expit(-x)


def surrogate_slope(x: Any, surrogate: str, where: str) -> Any:
    slope = bsilu_slope(x) if surrogate == "bsilu" else nelu_slope(x)
    return slope if where == "all" else np.where(x > 0, 1.0, slope)


def surrogate_textbook(x: Any, surrogate: str, where: str) -> Any:
    """Of what the slope is the derivative, the one of the paper or its lower half."""
    if x > 0 and (where == "negative" or surrogate == "nelu"):
        return x
    if surrogate == "nelu":
        return -mp.mpf("0.2") / (1 + x**2)
    return (x + mp.mpf("1.67")) / (1 + mp.exp(-x)) - mp.mpf("0.835")


SMOOTH: dict[str, Reference] = {
    "elu": Reference(
        value=lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(below(x))),
        slope=lambda x, alpha: np.where(x > 0, 1.0, alpha * np.exp(below(x))),
        textbook=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        parameter_slopes={"alpha": lambda x, alpha: np.expm1(below(x))},
        cases=({"alpha": 0.5},),
        kinks=lambda alpha: () if alpha == 1.0 else (0.0,),
        monotone=True,
    ),
    "celu": Reference(
        value=lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(below(x) / alpha)),
        slope=lambda x, alpha: np.where(x > 0, 1.0, np.exp(below(x) / alpha)),
        textbook=lambda x, alpha: x if x > 0 else alpha * mp.expm1(x / alpha),
        parameter_slopes={"alpha": celu_alpha_slope},
        cases=({"alpha": 0.5}, {"alpha": 3.0}),
        monotone=True,
    ),
    "selu": Reference(
        value=lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(below(x))),
        slope=lambda x: SELU_SCALE * np.where(x > 0, 1.0, SELU_ALPHA * np.exp(below(x))),
        textbook=lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mp.expm1(x)),
        kinks=lambda: (0.0,),
        monotone=True,
    ),
    "softplus": Reference(
        value=lambda x: np.logaddexp(0.0, x),
        slope=expit,
        textbook=lambda x: mp.log1p(mp.exp(x)),
        monotone=True,
    ),
    "gelu": Reference(
        value=lambda x: np.maximum(x, -40.0) * expit(tanh_gelu_argument(x)),
        slope=tanh_gelu_slope,
        textbook=lambda x: x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))),
        slope_zeros=lambda: (-0.7524614220710162,),
    ),
    "gelu_exact": Reference(
        value=lambda x: np.maximum(x, -40.0) * ndtr(x),
        slope=gelu_slope,
        textbook=lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        slope_zeros=lambda: (-0.7517915246935645,),
    ),
    "silu": Reference(
        value=lambda x: np.maximum(x, -750.0) * expit(x),
        slope=silu_slope,
        textbook=lambda x: x / (1 + mp.exp(-x)),
        slope_zeros=lambda: (-1.2784645427610738,),
    ),
    "mish": Reference(
        value=lambda x: np.maximum(x, -750.0) * np.tanh(np.logaddexp(0.0, x)),
        slope=mish_slope,
        textbook=lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
        slope_zeros=lambda: (-1.1924312145154,),
    ),
    "quick_gelu": Reference(
        value=lambda x: np.maximum(x, -440.0) * expit(1.702 * x),
        slope=lambda x: silu_slope(1.702 * x),
        textbook=lambda x: x / (1 + mp.exp(-mp.mpf("1.702") * x)),
        slope_zeros=lambda: (SILU_MINIMUM / 1.702,),
    ),
    "telu": Reference(
        value=lambda x: np.maximum(x, -750.0) * np.tanh(np.exp(np.minimum(x, 5.0))),
        slope=telu_slope,
        textbook=lambda x: x * mp.tanh(mp.exp(x)),
        slope_zeros=lambda: (-1.0788600584646241,),
        # Below 0 two terms cancel; one of them is exact, the other at most exp(x).
        slope_terms=lambda x: 0.5 * np.exp(np.minimum(x, 5.0)) * (x < 0),
    ),
    "pelu": Reference(
        value=lambda x, alpha, beta: np.where(x >= 0, alpha / beta * x, alpha * np.expm1(below(x) / beta)),
        slope=lambda x, alpha, beta: alpha / beta * np.exp(below(x) / beta),
        textbook=lambda x, alpha, beta: alpha * (x / beta if x >= 0 else mp.expm1(x / beta)),
        parameter_slopes={
            "alpha": lambda x, alpha, beta: np.where(x >= 0, x / beta, np.expm1(below(x) / beta)),
            "beta": pelu_beta_slope,
        },
        cases=({"alpha": 2.0, "beta": 0.5}, {"alpha": 0.7, "beta": 3.0}),
        monotone=True,
    ),
    "xielu": Reference(
        value=xielu,
        slope=lambda x, alpha_p, alpha_n, beta: np.where(
            x > 0, 2.0 * alpha_p * above(x) + beta, alpha_n * np.exp(below(x)) + (beta - alpha_n)
        ),
        textbook=lambda x, alpha_p, alpha_n, beta: (
            alpha_p * x**2 + beta * x if x > 0 else alpha_n * (mp.expm1(x) - x) + beta * x
        ),
        parameter_slopes={
            "alpha_p": lambda x, **others: above(x) ** 2,
            "alpha_n": lambda x, **others: np.expm1(below(x)) - below(x),
            "beta": lambda x, **others: x,
        },
        cases=({"alpha_p": 0.5, "alpha_n": 1.5, "beta": 0.5}, {"alpha_p": 0.3, "alpha_n": 0.7, "beta": 0.7}),
        # With beta < alpha_n value and slope change their sign below 0: beta x and alpha_n (...) cancel.
        value_terms=lambda x, alpha_p, alpha_n, beta: (
            alpha_n * np.abs(np.expm1(below(x))) + np.abs((beta - alpha_n) * below(x))
        ),
        slope_terms=lambda x, alpha_p, alpha_n, beta: (
            (alpha_n * np.exp(below(x)) + np.abs(beta - alpha_n)) * ((x < 0) & (beta != alpha_n))
        ),
    ),
    "acon_c": Reference(
        value=acon_c,
        slope=acon_c_slope,
        textbook=lambda x, p1, p2, beta: (p1 - p2) * x / (1 + mp.exp(-beta * (p1 - p2) * x)) + p2 * x,
        parameter_slopes={
            "p1": lambda x, p1, p2, beta: x * acon_gate(x, p1, p2, beta)[2],
            "p2": lambda x, p1, p2, beta: x * acon_gate(-x, p1, p2, beta)[2],
            "beta": acon_c_beta_slope,
        },
        cases=({"p1": 1.5, "p2": 0.5, "beta": 2.0}, {"p1": 1.2, "p2": -0.8, "beta": 0.5}),
        slope_zeros=lambda p1, p2, beta: () if p2 else (SILU_MINIMUM / beta,),
        # Two lines of slopes of both signs, switched smoothly: with p2 at 0 it is silu, and nothing cancels.
        value_terms=lambda x, p1, p2, beta: (
            np.abs(x) * (np.abs(p2) + np.abs(p1 - p2) * expit(beta * (p1 - p2) * x)) if p2 else 0.0
        ),
        slope_terms=lambda x, p1, p2, beta: (
            np.abs(p2) + np.abs((p1 - p2) * acon_gate(x, p1, p2, beta)[2]) if p2 else 0.0
        ),
    ),
    "parametric_swish": Reference(
        value=swish,
        slope=lambda x, beta: silu_slope(beta * x if beta else 0.0 * near(x, 1.0)),
        textbook=lambda x, beta: x / (1 + mp.exp(-beta * x)),
        parameter_slopes={
            "beta": lambda x, beta: near(x, 1e150) ** 2 * expit(beta * x) * expit(-beta * x),
        },
        cases=({"beta": 2.5}, {"beta": -1.3}, {"beta": 0.0}),
        slope_zeros=lambda beta: (SILU_MINIMUM / beta,) if beta else (),
    ),
    "surrogate_relu": Reference(
        value=lambda x, surrogate, where: above(x),
        slope=surrogate_slope,
        textbook=lambda x, surrogate, where: max(x, 0),
        slope_textbook=surrogate_textbook,
        cases=({"surrogate": "nelu"}, {"where": "negative"}, {"surrogate": "nelu", "where": "negative"}),
        kinks=lambda surrogate, where: () if (surrogate, where) == ("bsilu", "all") else (0.0,),
        slope_zeros=lambda surrogate, where: (-2.7349004665497566,) if surrogate == "bsilu" else (),
    ),
}
