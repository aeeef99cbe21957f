"""What the feed-forward blocks of both Flax interfaces share: a gated unit by its name, and their words."""

import inspect
from collections.abc import Callable
from typing import Any, cast

from jax import Array

from .._catalogue.lookup import catalogue
from .._functions.gated import sigmoid_glu
from .._mechanism.nearest import did_you_mean
from .gated import Gated
from .settings import settings

Unit = Callable[[Array, Array], Array]


def _units() -> dict[str, Unit]:
    """The gated units by name, those registered by users included."""
    rows = {name: row.function for name, row in catalogue().items() if row.partners}
    return {"glu": sigmoid_glu, **rows}  # glu of two arrays; the row's is of one


def unit_of(module: str, unit: Any) -> Unit:
    """The gated unit of this name, or the function that is given."""
    if isinstance(unit, str):
        units = _units()
        if unit not in units:
            hint = did_you_mean(unit, list(units))
            raise ValueError(
                f"{module}: unit must be one of {', '.join(units)}, or a function of gate and value, "
                f"got {unit!r}{hint and '; ' + hint}"
            )
        return units[unit]
    if not callable(unit):
        raise TypeError(f"{module}: unit must be a name or a function of gate and value, got {unit!r}")
    if not _takes_two(unit):
        raise TypeError(f"{module}: unit must be a function of gate and value, got {unit!r}, which is none")
    return cast(Unit, unit)


def _takes_two(unit: Callable[..., Any]) -> bool:
    try:
        inspect.signature(unit).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # a function of C may not say what it takes
        return True
    return True


@settings
class FeedForward(Gated):
    """A gated unit that is chosen by an argument, and a projection back.

    The third projection, down, leads back: down(unit(gate(x), value(x))). The value is what Llama calls up.
    With as many parameters as a block of two matrices, the hidden features are two thirds of that block's
    (Shazeer 2020).

    Args:
      hidden_features: how many gates and values there are.
      out_features: the length of the last axis of the result; None for that of the input.
      unit: the name of a gated unit ("glu", "reglu", "geglu", "swiglu", "clamped_swiglu" or "bilinear"), or a
        function of the gate and the value; `functools.partial` gives it its other arguments.

    Raises:
      ValueError: if there is no unit of this name.

    References:
      Touvron et al., LLaMA: open and efficient foundation language models, arXiv 2302.13971.
    """

    out_features: int | None = None
    unit: str | Unit = "swiglu"

    def _gated(self, gate: Array, value: Array) -> Array:
        return unit_of(type(self).__name__, self.unit)(gate, value)
