"""What an entry of the references is, and the pieces that several share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Formula = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Reference:
    value: Formula
    slope: Formula
    textbook: Formula
    parameter_slopes: Mapping[str, Formula] = field(default_factory=dict)
    cases: tuple[Mapping[str, Any], ...] = ()
    kinks: Callable[..., tuple[float, ...]] = lambda **parameters: ()
    """Where left and right slopes differ, as a function of the parameters."""
    slope_zeros: Callable[..., tuple[float, ...]] = lambda **parameters: ()
    """Where the slope changes its sign smoothly: relative error says nothing there."""
    value_terms: Formula = lambda x, **parameters: 0.0
    """The absolute sum of the terms that are added. Where they cancel, the roundings of parameters and terms
    remain: a few units of this sum in the last place of the compute dtype, and no arithmetic can avoid it."""
    slope_terms: Formula = lambda x, **parameters: 0.0
    """The same of the slope."""
    slope_textbook: Formula | None = None
    """Of what the slope is the derivative, where that is not the value."""
    bits: int = 1
    """How many are kept of a slope of few values."""
    monotone: bool = False
    keeps_integers: bool = False
    """Whether an integer x stays one; else it becomes a float32."""
    takes_scalars: bool = True
    """Whether x may be without any axis."""


def below(x: Any) -> Any:
    """The negative part: keeps exp from overflowing where its result is not chosen."""
    return np.minimum(x, 0.0)


def above(x: Any) -> Any:
    return np.maximum(x, 0.0)


def near(x: Any, limit: float) -> Any:
    """Beyond the limits every gate is 0 or 1 in float64 too, and infinity times zero cannot arise."""
    return np.clip(x, -limit, limit)


def scaled(slope: Any, x: Any) -> Any:
    """A line through 0, on which 0 times infinity is 0."""
    return slope * (x if slope else near(x, 1.0))
