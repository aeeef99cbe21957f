"""How likely a relu network is dead before it has seen anything."""

from collections.abc import Sequence

from ..._mechanism.rules import Rule, is_integers

_WIDTHS = Rule(
    "positive integers, one a hidden layer",
    is_integers,
    lambda widths: len(widths) > 0 and min(widths) >= 1,
)


def born_dead_probability(widths: Sequence[int]) -> float:
    r"""The probability that a relu network gives nothing but a constant for one input.

    .. math:: 1 - \prod_l (1 - 2^{-N_l})

    Exact for a fixed input other than 0, weights of any symmetric law and no biases: a layer of N units is
    silent if all N have a negative pre-activation. For a whole domain of inputs it is an upper bound.

    Args:
      widths: the units of each hidden layer.

    Returns:
      A probability.

    Raises:
      TypeError: if widths are no integers.
      ValueError: if there is no hidden layer, or a width is not positive.

    Examples:
      >>> from jaxrelu import diagnostics
      >>> round(diagnostics.born_dead_probability([2] * 9), 4)
      0.9249

    References:
      Lu, Shin, Su and Karniadakis, Dying ReLU and initialization, arXiv:1903.06733, 2020.
    """
    alive = 1.0
    for width in _checked("born_dead_probability", widths):
        alive *= 1 - 2.0**-width
    return 1 - alive


def born_dead_bounds(widths: Sequence[int]) -> tuple[float, float]:
    r"""Bounds of the probability that a relu network is constant on a whole domain of one-dimensional inputs.

    Without biases a domain around 0 is two rays, x > 0 and x < 0. The upper bound is
    `born_dead_probability`. The lower bound takes the rays for orthogonal behind every layer, where they are
    least likely to die together: a chain of three states, two rays that differ, one, none.

    Args:
      widths: the units of each hidden layer.

    Returns:
      The lower and the upper bound.

    Raises:
      TypeError: if widths are no integers.
      ValueError: if there is no hidden layer, or a width is not positive.

    Examples:
      >>> from jaxrelu import diagnostics
      >>> [round(bound, 3) for bound in diagnostics.born_dead_bounds([3] * 9)]
      [0.513, 0.699]

    References:
      Lu, Shin, Su and Karniadakis, Dying ReLU and initialization, arXiv:1903.06733, 2020.
    """
    first, *later = _checked("born_dead_bounds", widths)
    one = 2.0 ** (1 - first)  # all units of the first layer face the same way
    two = 1 - one
    for width in later:
        half, quarter = 2.0**-width, 4.0**-width
        both = 1 - 2 * half - (width - 1) * quarter
        two, one = both * two, (1 - half) * one + (2 * half + (width - 2) * quarter) * two
    return 1 - one - two, born_dead_probability(widths)


def _checked(function: str, widths: Sequence[int]) -> list[int]:
    _WIDTHS.apply(function, "widths", widths)
    return list(widths)
