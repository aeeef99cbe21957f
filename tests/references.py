"""What every variant should return: stable float64 formulas, written without a look at the library's kernels.

To add a variant, add its entry to `REFERENCES` under the name of its catalogue row:

*   `value` and `slope`, functions of x and, by name, of every parameter that is a number. The slope is the
    cotangent of x where the cotangent of the result is all ones; at a kink and at NaN, the convention.
*   `textbook`, the value at one point as the paper writes it, for mpmath at 50 digits.
*   `parameter_slopes`, the derivative by every parameter.
*   `cases`, settings of the parameters other than the defaults.

`tests/test_references.py` compares them with the textbook; everything else is compared with them.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mpmath import mp
from scipy.special import expit, ndtr

import jaxrelu

Formula = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Reference:
    value: Formula
    slope: Formula
    textbook: Formula
    parameter_slopes: Mapping[str, Formula] = field(default_factory=dict)
    cases: tuple[Mapping[str, float], ...] = ()
    kinks: Callable[..., tuple[float, ...]] = lambda **parameters: ()
    """Where left and right slopes differ, as a function of the parameters."""
    slope_zeros: tuple[float, ...] = ()
    """Where the slope changes its sign smoothly: relative error says nothing there."""
    conditioning: Formula = lambda x, **parameters: 0.0
    """What the formula's own arithmetic costs in float32, in ulp, beyond what is allowed to every variant."""
    monotone: bool = False
    keeps_integers: bool = False
    """Whether an integer x stays one; else it becomes a float32."""
    takes_scalars: bool = True
    """Whether x may be without any axis."""


def reference_of(name: str) -> Reference:
    """The reference of a row of the catalogue; its absence is a failure, not a skipped test."""
    assert name in REFERENCES, f"add the float64 reference of {name} to tests/references.py"
    return REFERENCES[name]


def parameters_of(name: str) -> dict[str, Any]:
    """The parameters that the reference needs, at their defaults or as the row's example has them."""
    row = jaxrelu.catalogue()[name]
    given = {**row.defaults, **row.example}
    wanted = [p for p in inspect.signature(reference_of(name).value).parameters if p != "x"]
    return {parameter: given[parameter] for parameter in wanted}


def cases_of(name: str) -> list[dict[str, Any]]:
    """The default parameters, then the other settings."""
    return [parameters_of(name) | dict(case) for case in ({}, *reference_of(name).cases)]


# -- pieces ----------------------------------------------------------------------------------------


def below(x: Any) -> Any:
    """The negative part: keeps exp from overflowing where its result is not chosen."""
    return np.minimum(x, 0.0)


def density(x: Any) -> Any:
    return np.exp(-0.5 * np.square(x)) / np.sqrt(2.0 * np.pi)


# Beyond these every gate is 0 or 1 in float64 too, and infinity times zero cannot arise.
def near(x: Any, limit: float) -> Any:
    return np.clip(x, -limit, limit)


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


def general_relu(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
    above = x > threshold
    leak = negative_slope * np.where((negative_slope == 0.0) & np.isinf(x), 0.0, x - threshold)
    y = np.where(above, x, leak) - shift
    return y if max_value is None else np.where(y > max_value, max_value, y)


def general_relu_clamped(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
    unlimited = general_relu(x, negative_slope, threshold, None, shift)
    return np.zeros(np.shape(x), bool) if max_value is None else unlimited >= max_value


def unless_clamped(formula: Formula) -> Formula:
    def slope(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
        clamped = general_relu_clamped(x, negative_slope, threshold, max_value, shift)
        return np.where(clamped, 0.0, formula(x, negative_slope, threshold))

    return slope


def general_relu_textbook(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
    y = (x if x > threshold else negative_slope * (x - threshold)) - shift
    return y if max_value is None else min(y, max_value)


# -- the table -------------------------------------------------------------------------------------

LEAKY = Reference(
    value=lambda x, negative_slope: np.where(x >= 0, x, negative_slope * x),
    slope=lambda x, negative_slope: np.where(x >= 0, 1.0, negative_slope),
    textbook=lambda x, negative_slope: x if x >= 0 else negative_slope * x,
    parameter_slopes={"negative_slope": lambda x, negative_slope: below(x)},
    cases=({"negative_slope": 0.3}, {"negative_slope": -0.5}),
    kinks=lambda negative_slope: (0.0,),
)

REFERENCES: dict[str, Reference] = {
    "relu": Reference(
        value=lambda x: np.maximum(x, 0.0),
        slope=lambda x: np.where(x > 0, 1.0, 0.0),
        textbook=lambda x: max(x, 0),
        keeps_integers=True,
        kinks=lambda: (0.0,),
        monotone=True,
    ),
    "leaky_relu": LEAKY,
    "prelu": LEAKY,
    "relu6": Reference(
        value=lambda x: np.clip(x, 0.0, 6.0),
        slope=lambda x: np.where((x > 0) & (x < 6), 1.0, 0.0),
        textbook=lambda x: min(max(x, 0), 6),
        keeps_integers=True,
        kinks=lambda: (0.0, 6.0),
        monotone=True,
    ),
    "general_relu": Reference(
        value=general_relu,
        slope=unless_clamped(lambda x, slope, threshold: np.where(x > threshold, 1.0, slope)),
        textbook=general_relu_textbook,
        parameter_slopes={
            "negative_slope": unless_clamped(lambda x, slope, threshold: below(x - threshold)),
            "threshold": unless_clamped(lambda x, slope, threshold: np.where(x > threshold, 0.0, -slope)),
            "max_value": lambda x, **parameters: np.where(general_relu_clamped(x, **parameters), 1.0, 0.0),
            "shift": unless_clamped(lambda x, slope, threshold: -1.0),
        },
        cases=(
            {"negative_slope": 0.25, "threshold": 1.0, "max_value": 6.0, "shift": 0.5},
            {"negative_slope": 0.1, "shift": 0.4, "max_value": 2.0},
        ),
        kinks=lambda negative_slope, threshold, max_value, shift: (
            (threshold,) if max_value is None else (threshold, max_value + shift)
        ),
    ),
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
        # exp(x / alpha) repeats the relative error of x / alpha |x / alpha| times; XLA may round twice there.
        conditioning=lambda x, alpha: 2.0 * np.minimum(np.abs(x) / alpha, 100.0),
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
        slope_zeros=(-0.7524614220710162,),
    ),
    "gelu_exact": Reference(
        value=lambda x: np.maximum(x, -40.0) * ndtr(x),
        slope=gelu_slope,
        textbook=lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        slope_zeros=(-0.7517915246935645,),
    ),
    "silu": Reference(
        value=lambda x: np.maximum(x, -750.0) * expit(x),
        slope=silu_slope,
        textbook=lambda x: x / (1 + mp.exp(-x)),
        slope_zeros=(-1.2784645427610738,),
    ),
    "mish": Reference(
        value=lambda x: np.maximum(x, -750.0) * np.tanh(np.logaddexp(0.0, x)),
        slope=mish_slope,
        textbook=lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
        slope_zeros=(-1.1924312145154,),
    ),
    "crelu": Reference(
        value=lambda x: np.concatenate([np.maximum(x, 0.0), np.maximum(-x, 0.0)], -1),
        slope=lambda x: np.where(x > 0, 1.0, 0.0) - np.where(x < 0, 1.0, 0.0),
        textbook=abs,  # the sum of the halves, to which the slope with cotangent ones belongs
        keeps_integers=True,
        takes_scalars=False,
        kinks=lambda: (0.0,),
    ),
}
