"""rrelu: a leaky rectifier whose slope is drawn anew for every element."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._mechanism.arguments import as_float, as_operand, broadcast, ordered
from .._mechanism.differentiation import Differentiation
from .._mechanism.elementwise import declared_as
from .._mechanism.formulas import Formulas, Steps, cast, compute_dtype
from .rectifiers import scaled


def _drawn(key: Array, x: Array, lower: Array, upper: Array) -> Array:
    """One slope an element, uniform between the bounds."""
    return lower + (upper - lower) * jax.random.uniform(key, x.shape, x.dtype)


@dataclasses.dataclass(frozen=True)
class _Randomized:
    """The declaration of rrelu. The key is kept for the backward pass, and the slopes are drawn again."""

    name: str = "rrelu"
    static: tuple[str, ...] = ()

    @staticmethod
    def check(key: Any, lower: float | None, upper: float | None) -> None:
        ordered("rrelu", lower=lower, upper=upper)

    def apply(
        self, differentiation: Differentiation, x: Array, key: Any, lower: ArrayLike, upper: ArrayLike
    ) -> Array:
        bounds = {"lower": lower, "upper": upper}
        bounds = {k: as_float(as_operand(self.name, k, v)) for k, v in bounds.items()}
        x, operands = broadcast(self.name, as_float(x), bounds)
        if key is None:
            formulas = _formulas(lambda x, lower, upper: 0.5 * (lower + upper), x)
            return differentiation(formulas)(x, *operands)
        formulas = _formulas(lambda x, lower, upper, key: _drawn(key, x, lower, upper), x)
        return differentiation(formulas)(x, *operands, key)

    def residuals(self) -> frozenset[str]:
        return frozenset({"input", "mask", "bits"})


def _formulas(slope: Any, x: Array) -> Formulas:
    def levels(*parameters: Array) -> tuple[Array | float, ...]:
        # Only the shape of x counts: the slopes do not depend on its values.
        wide = compute_dtype(x.dtype)
        return slope(jnp.zeros(x.shape, wide), *(cast(p, wide) for p in parameters)), 1

    return Formulas(
        value=lambda x, *parameters: jnp.where(x < 0, scaled(slope(x, *parameters), x), x),
        slope=Steps(index=lambda x, *parameters: x >= 0, levels=levels),
        slope_from_output=None,
        parameter_slopes={},
        selects=False,
    )


@declared_as(_Randomized())
def rrelu(
    x: ArrayLike, key: Array | None = None, lower: ArrayLike = 1 / 8, upper: ArrayLike = 1 / 3
) -> Array:
    r"""Randomized leaky rectified linear unit.

    .. math:: \mathrm{rrelu}(x) = x \text{ for } x \ge 0, \quad a x \text{ for } x < 0, \quad
        a \sim \mathrm{uniform}(\text{lower}, \text{upper})

    Without a key, for evaluation, a is the mean slope (lower + upper) / 2. The slope is a for x < 0 and 1 for
    x > 0; at the kink x = 0 it is 1. A NaN gives NaN, with the slope a. Value and slope are rounded once,
    from float32 for 16-bit floats.

    Kept for the backward pass: a mask, one byte an element, and the key, from which the slopes are drawn
    again. `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape.
      key: a `jax.random.key` while training, None for evaluation.
      lower: the smallest slope; a scalar or an array that broadcasts with x.
      upper: the largest slope; likewise.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if x or a bound is complex or not an array.
      ValueError: if a bound does not broadcast with x, or if they are numbers out of order.

    Examples:
      >>> import jax, jaxrelu
      >>> x = jax.numpy.array([-24.0, 2.0])
      >>> jaxrelu.rrelu(x)
      Array([-5.5,  2. ], dtype=float32)
      >>> y = jaxrelu.rrelu(x, jax.random.key(0))
      >>> bool((-8.0 <= y[0]) & (y[0] <= -3.0))
      True

    References:
      Xu et al., Empirical evaluation of rectified activations in convolutional network, arXiv 1505.00853.
    """
    ...
