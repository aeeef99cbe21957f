"""How a polynomial is evaluated, and what that costs under encryption; no JAX."""

import dataclasses
import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, chebyshev
from numpy.typing import NDArray

Vector = NDArray[Any]  # of float64: NumPy's own annotations of its polynomials say less


def evaluated(polynomial: Chebyshev, x: Any) -> Any:
    """The series at x by the method of Paterson and Stockmeyer; a float where it is constant."""
    low, high = polynomial.domain.tolist()
    centre, scale = low / 2.0 + high / 2.0, 1.0 / (high / 2.0 - low / 2.0)
    t = x if centre == 0.0 else x - centre
    t = t if scale == 1.0 else t * scale
    series = tuple(chebyshev.chebtrim(polynomial.coef).tolist())
    return _combined(np.array(series), _Basis(t), _best_leaf(series))


def _combined(series: Vector, basis: "_Basis", leaf: int) -> Any:
    """Up to degree `leaf` a sum over the basis, above it quotient T_split + remainder.

    What is split off is the largest power of two below the degree n: neither quotient nor remainder is
    deeper than T_split, and the whole ceil(log2(n)) products deep, the least there is.
    """
    degree = len(series) - 1
    if degree <= leaf:
        constant, *others = series.tolist()
        terms = [c * basis[n] for n, c in enumerate(others, start=1) if c]
        return functools.reduce(operator.add, [constant, *terms] if constant or not terms else terms)
    split = _power_of_two_below(degree)
    parts = chebyshev.chebdiv(series, np.eye(split + 1)[split])
    quotient, remainder = (chebyshev.chebtrim(part) for part in parts)
    product = _combined(quotient, basis, leaf) * basis[split]
    return product + _combined(remainder, basis, leaf) if remainder.any() else product


class _Basis(dict[int, Any]):
    """The Chebyshev polynomials of t, each computed when first asked for: 2 T_a T_b = T_(a+b) + T_|a-b|."""

    def __init__(self, t: Any) -> None:
        self[1] = t

    def __missing__(self, n: int) -> Any:
        # Halves for odd n, with T_1 left over; else even parts, so that an even series needs no odd ones.
        a = n // 2 if n % 2 else _power_of_two_below(n)
        product = self[a] * self[n - a]
        lower = 1.0 if 2 * a == n else self[abs(2 * a - n)]
        self[n] = (product + product) - lower
        return self[n]


def _power_of_two_below(n: int) -> int:
    return 1 << ((n - 1).bit_length() - 1)


@functools.lru_cache
def _best_leaf(series: tuple[float, ...]) -> int:
    """The degree up to which sums over the basis take the fewest products in all."""

    def products(leaf: int) -> int:
        return cost(lambda t: _combined(np.array(series), _Basis(t), leaf))[1]

    return min(range(1, 2 * math.isqrt(len(series)) + 2), key=products)


@dataclasses.dataclass(frozen=True)
class _Encrypted:
    """Stands in for x, to count products of two numbers that depend on it, and how deep they are."""

    depth: int
    products: list[int]

    def __add__(self, other: Any) -> "_Encrypted":
        return _Encrypted(max(self.depth, getattr(other, "depth", 0)), self.products)

    def __mul__(self, other: Any) -> "_Encrypted":
        if not isinstance(other, _Encrypted):
            return self
        depth = max(self.depth, other.depth) + 1
        self.products.append(depth)
        return _Encrypted(depth, self.products)

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__ = __mul__


def cost(formula: Callable[[Any], Any]) -> tuple[int, int]:
    """The depth in products of a formula, and their number."""
    products: list[int] = []
    formula(_Encrypted(0, products))
    return max(products, default=0), len(products)
