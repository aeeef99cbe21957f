"""The twin of a smooth function that keeps its slope in a few bits, for `with_residual(f, bits=k)`."""

import numbers
from collections.abc import Mapping
from typing import Any

from jax import Array

from ..._kernels.formats import FULL
from ..declaration import Check
from ..elementwise import KEY, Elementwise
from ..formulas import Formulas, Level, Steps
from .levels import Quantization, StochasticQuantization, filled, quantization

FEWEST, MOST = 1, 8  # bits


def quantized(exact: Elementwise, bits: int, parameters: tuple[str, ...]) -> Elementwise:
    """The same value, and a slope of 2**bits levels: `Steps`, whose index is the code of the exact slope.

    Its parameters are options, as the levels depend on them.
    """

    full = {"arithmetic": FULL} if exact.formulas.exponential else {}

    def plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as Python floats, without the arithmetic that formulas get."""
        numbers = {k: arguments[k] for k in sorted(parameters)}
        return {k: v if k in exact.static or v is None else float(v) for k, v in numbers.items()}

    def best(arguments: Mapping[str, Any], is_stochastic: bool) -> Quantization | StochasticQuantization:
        assert not isinstance(exact.formulas.slope, Steps)
        try:
            known = plain(arguments) | full
            return quantization(exact.formulas.slope, tuple(known.items()), bits, is_stochastic)
        except ValueError as error:
            raise ValueError(f"{exact.name}: with_residual with bits={bits}: {error}") from None

    def value(x: Array, key: Array | None, **arguments: Any) -> Array:
        best(arguments, key is not None)  # so that a slope without bounds is refused at the call
        return filled(exact.formulas.value, arguments | plain(arguments))(x)

    def index(x: Array, key: Array | None, **arguments: Any) -> Array:
        arithmetic = {k: v for k, v in arguments.items() if k in full}
        return best(arguments, key is not None).codes(x, *([] if key is None else [key]), **arithmetic)

    def levels(x: Array, key: Array | None, **arguments: Any) -> tuple[Level, ...]:
        return tuple(best(arguments, key is not None).levels)

    return Elementwise(
        name=exact.name,
        formulas=Formulas(
            value=value,
            slope=Steps(index, levels),
            slope_from_output=None,
            parameter_slopes={},
            selects=False,
            exponential="own" if full else None,
        ),
        same_shape=False,
        stacked=(),
        optional=frozenset({KEY}),
        static=parameters,
        check=_check(exact, bits),
    )


def _check(exact: Elementwise, bits: int) -> Check:
    def check(key: Any = None, **arguments: Any) -> None:
        for argument, value in arguments.items():
            if argument not in exact.static and not (value is None or isinstance(value, numbers.Real)):
                raise TypeError(
                    f"{exact.name}: with bits={bits} {argument} must be a plain number, on which the levels "
                    f"of the slope depend, got {type(value).__name__}"
                )
        if exact.check:
            exact.check(**arguments)

    return check
