"""Polynomials that stand in for relu under homomorphic encryption, where sums and products are all there is.

`fits.py` holds single polynomials, `composite.py` composed ones; here is what the public function gives.
"""

import dataclasses
import functools
import math
import warnings
from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.polynomial import Chebyshev

from ..._kernels.selection import where
from ..._mechanism.arguments import as_float, as_operand
from ..._mechanism.declaration import Declaration, declaration_of
from ..._mechanism.elementwise import elementwise
from ..._mechanism.nearest import did_you_mean
from .composite import SIGN_STAGES, Composite
from .evaluation import Vector, cost
from .fits import FITS, Fit

_LARGEST = 256  # degree: the fit takes seconds, and eight times as long for twice the degree


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class PolynomialRelu:
    """What `polynomial_relu` returns: a function of x that tells what it is made of.

    Attributes:
      degree: of the polynomial in x, as asked for or as the stages give it.
      interval: the ends between which it stands in for relu.
      method: how it was fitted.
      coefficients: of the powers of x, the constant first; for "composite" a tuple of those of each stage,
        the first of which takes x divided by the end of the interval farther from 0.
      series: the Chebyshev series on the interval that is evaluated; None for "composite".
      maximum_error: the largest distance from relu on the interval, in exact arithmetic.
      multiplicative_depth: the longest chain of products of two numbers that both depend on x. Products
        with constants are not counted. Where they take a level too, as in CKKS, add one, for "composite"
        one a stage, and one more for an interval other than [-1, 1], onto which x is mapped first.
      multiplications: the number of products of two numbers that both depend on x.
      function: the public function, which is called.

    Examples:
      >>> import jaxrelu
      >>> relu = jaxrelu.polynomial_relu(degree=4, method="minimax")
      >>> round(relu.maximum_error, 4), relu.multiplicative_depth, relu.multiplications
      (0.0338, 2, 2)
    """

    degree: int
    interval: tuple[float, float]
    method: str
    coefficients: Vector | tuple[Vector, ...]
    series: Chebyshev | None = dataclasses.field(repr=False)
    maximum_error: float
    multiplicative_depth: int
    multiplications: int
    function: Callable[[ArrayLike], Array] = dataclasses.field(repr=False)
    _arguments: tuple[Any, ...] = dataclasses.field(repr=False)  # what it is made of anew by pickle

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return polynomial_relu, self._arguments

    def __call__(self, x: ArrayLike) -> Array:
        return self.function(x)

    @property
    def __name__(self) -> str:
        return "polynomial_relu"

    @property
    def declaration(self) -> Declaration:
        return declaration_of(self.function)

    @functools.cached_property
    def checked(self) -> Callable[[ArrayLike], Array]:
        """The same function, which warns once, on the host, of inputs outside the interval.

        For evaluation and not for the hot path: every call compares all inputs and calls the host. The
        warning, a UserWarning, says how many inputs were outside, and how far; under jit it may come after
        the result. A NaN is not outside.
        """
        return _checked(self.function, *self.interval)


def _checked(function: Callable[[ArrayLike], Array], low: float, high: float) -> Callable[[ArrayLike], Array]:
    warned = False

    def report(outside: Any, farthest: Any, size: int) -> None:
        nonlocal warned
        if outside and not warned:
            warned = True
            warnings.warn(
                f"polynomial_relu: {int(outside)} of {size} inputs outside the interval [{low:g}, {high:g}], "
                f"by up to {float(farthest):.3g}; there the polynomial is no stand-in for relu",
                stacklevel=1,
            )

    def checked(x: ArrayLike) -> Array:
        wide = as_float(as_operand("polynomial_relu", "x", x)).astype(jnp.result_type(float))
        beyond = jnp.maximum(low - wide, wide - high)
        outside = jnp.sum(beyond > 0)
        farthest = jnp.max(beyond, initial=0.0, where=beyond > 0)
        jax.debug.callback(functools.partial(report, size=wide.size), outside, farthest)
        return function(x)

    return checked


def polynomial_relu(
    degree: int | None = None,
    interval: tuple[float, float] = (-1.0, 1.0),
    method: Literal["least_squares", "chebyshev", "derivative", "minimax", "composite"] = "least_squares",
    stages: Sequence[Literal["f3", "g3"]] | None = None,
) -> PolynomialRelu:
    r"""A polynomial near relu on an interval, for homomorphic encryption.

    .. math:: p(x) = \sum_{k=0}^{\mathrm{degree}} c_k x^k \approx \max(x, 0),
        \quad \mathrm{low} \le x \le \mathrm{high}

    Outside the interval it is no stand-in for relu: it grows like the power `degree` of x, and where that
    overflows it is infinite or NaN. Choose the interval from the inputs that the layer sees, or keep
    them in it; `polynomial_relu(...).checked` warns of those that are not.

    The methods:

    - "least_squares": the least mean square error over the interval;
    - "chebyshev": the Chebyshev series, cut off; near to it, with more weight on the ends;
    - "derivative": the least mean square error of the slope, that is of the step with one degree less,
      integrated; exact at both ends;
    - "minimax": the least largest error;
    - "composite": x (1 + s(x)) / 2, where s stands in for the sign and is made of polynomials of degree 7,
      one applied to the other; below an error of about 0.001 it takes fewer products than the others,
      but is deeper.

    The largest error on [-1, 1], in proportion larger on [-q, q]:

        degree               2        4        6        8       16       32
        least_squares  0.09375  0.05859  0.04272  0.03365  0.01821  0.00950
        chebyshev      0.10610  0.06366  0.04547  0.03537  0.01872  0.00965
        derivative     0.12500  0.07031  0.04883  0.03738  0.01928  0.00979
        minimax        0.06250  0.03381  0.02296  0.01734  0.00873  0.00437
        depth                1        2        3        3        4        5
        products             1        2        3        3        5        8

        stages                  f3        g3 f3  g3 g3 f3 f3   4 g3, 2 f3
        composite          0.06087      0.01376      0.00141      0.00007
        depth                    3            6           12           18
        products                 5            9           17           25

    The slope is the derivative of the polynomial; there is no kink. A NaN gives NaN, with slope NaN. Both
    are computed in float32 for 16-bit floats and rounded once. In float32 and up to degree 64 values err by
    at most 2.5 ulp of the length of the interval, slopes by 2 degree^2 ulp of 1.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      degree: from 1 to 256; 2 if left out. About 0, where relu is x / 2 and an even function, an odd degree
        gives the polynomial of the even degree below. Not for "composite".
      interval: two finite numbers, the lower first, in the units of x. If relu has no kink between them,
        the polynomial is x or 0 (but not for "composite").
      method: "least_squares", "chebyshev", "derivative", "minimax" or "composite".
      stages: for "composite" the polynomials "f3" and "g3" in the order in which they are applied,
        ("g3", "f3") if left out. "g3" brings small numbers up faster; "f3", which should come last, brings
        those near 1 nearer.

    Returns:
      A function of x, an array of any shape, that gives an array of the shape and dtype of x (integers
      become floats) and carries its coefficients, error and depth; see `PolynomialRelu`.

    Raises:
      TypeError: if degree is not an integer or interval not a pair of numbers; when called, if x is complex
        or not an array.
      ValueError: if degree is out of range, the interval empty, reversed or not finite, a method or stage
        unknown, or if degree or stages are given to a method that does not take them.

    Examples:
      >>> import jax, jaxrelu
      >>> relu = jaxrelu.polynomial_relu(degree=2, interval=(-4.0, 4.0))
      >>> relu.coefficients.round(4).tolist(), round(relu.maximum_error, 4)
      ([0.375, 0.5, 0.1172], 0.375)
      >>> relu(jax.numpy.array([-4.0, 0.0, 4.0]))
      Array([0.25 , 0.375, 4.25 ], dtype=float32)
      >>> float(jax.grad(relu)(0.0))
      0.5

    References:
      Hesamifard, Takabi and Ghasemi, CryptoDL: deep neural networks over encrypted data, 2017.
      Cheon, Kim and Kim, Efficient homomorphic comparison methods with optimal complexity, ASIACRYPT 2020.
      Lee et al., Precise approximation of convolutional neural networks for homomorphically encrypted
      data, 2021.
      Paterson and Stockmeyer, On the number of nonscalar multiplications necessary to evaluate polynomials,
      SIAM Journal on Computing, 1973.
    """
    low, high = _interval(interval)
    fit = _fit(degree, low, high, _known("method", method, (*FITS, "composite")), stages)
    depth, multiplications = cost(fit.value)
    return PolynomialRelu(
        degree=fit.degree,
        interval=(low, high),
        method=method,
        coefficients=fit.coefficients,
        series=fit.series.copy() if isinstance(fit, Fit) else None,
        maximum_error=fit.maximum_error,
        multiplicative_depth=depth,
        multiplications=multiplications,
        function=_declared(fit),
        _arguments=(degree, (low, high), method, stages),
    )


@functools.lru_cache
def _declared(fit: Fit | Composite) -> Callable[[ArrayLike], Array]:
    """The public function: the same for the same polynomial, so that it is compiled once."""

    @elementwise(value=_anywhere(fit.value), slope=_anywhere(fit.slope))
    def polynomial_relu(x: ArrayLike) -> Array: ...

    return polynomial_relu


def _anywhere(polynomial: Callable[[Any], Any]) -> Callable[[Array], Array]:
    """The polynomial as a function of arrays, though it be constant."""

    def function(x: Array) -> Array:
        y = polynomial(x)
        return where(jnp.isnan(x), x, y) if isinstance(y, float) else y

    return function


def _fit(degree: Any, low: float, high: float, method: str, stages: Any) -> Fit | Composite:
    if method == "composite":
        if degree is not None:
            raise ValueError(
                f"polynomial_relu: degree must be left out for method 'composite', whose stages give it, "
                f"got {degree!r}"
            )
        return Composite.of(_stages(("g3", "f3") if stages is None else stages), low, high)
    if stages is not None:
        raise ValueError(f"polynomial_relu: stages are for method 'composite', got {stages!r} for {method!r}")
    return Fit.of(method, _degree(2 if degree is None else degree), low, high)


def _degree(degree: Any) -> int:
    if isinstance(degree, bool) or not isinstance(degree, (int, np.integer)):
        raise TypeError(f"polynomial_relu: degree must be an integer from 1 to {_LARGEST}, got {degree!r}")
    if not 1 <= degree <= _LARGEST:
        raise ValueError(f"polynomial_relu: degree must be from 1 to {_LARGEST}, got {degree}")
    return int(degree)


def _interval(interval: Any) -> tuple[float, float]:
    try:
        low, high = map(float, interval)
    except (TypeError, ValueError):
        raise TypeError(f"polynomial_relu: interval must be a pair of numbers, got {interval!r}") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"polynomial_relu: interval must be two finite numbers, the lower first, got ({low}, {high})"
        )
    return low, high


def _stages(stages: Any) -> tuple[str, ...]:
    if not isinstance(stages, (list, tuple)) or not stages:
        raise ValueError(
            f"polynomial_relu: stages must be a tuple or list of {_quoted(SIGN_STAGES)}, got {stages!r}"
        )
    return tuple(_known("stages", stage, SIGN_STAGES) for stage in stages)


def _known(argument: str, name: Any, names: Collection[str]) -> str:
    if name not in names:
        hint = did_you_mean(str(name), names)
        raise ValueError(
            f"polynomial_relu: {argument} must be one of {_quoted(names)}, got {name!r}{hint and '; ' + hint}"
        )
    return name


def _quoted(names: Collection[str]) -> str:
    return ", ".join(map(repr, names))
