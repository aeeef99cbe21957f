"""The twin of a smooth function that keeps its slope in a few bits, for `with_residual(f, bits=k)`."""

import dataclasses
import numbers
from collections.abc import Mapping
from typing import Any

from jax import Array

from ..arguments import as_float
from ..differentiation import Differentiation
from ..elementwise import Elementwise
from ..formulas import Formulas, Steps
from .levels import filled, quantization

FEWEST, MOST = 1, 8  # bits


@dataclasses.dataclass(frozen=True)
class Quantized:
    """The same value, and a slope of 2**bits levels: `Steps`, whose index is the code of the exact slope.

    Its parameters are options, as the levels depend on them.
    """

    exact: Elementwise
    bits: int
    static: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.exact.name

    def check(self, key: Any = None, **arguments: Any) -> None:
        for argument, value in arguments.items():
            if argument not in self.exact.static and not (value is None or isinstance(value, numbers.Real)):
                raise TypeError(
                    f"{self.name}: with bits={self.bits} {argument} must be a plain number, on which the "
                    f"levels of the slope depend, got {type(value).__name__}"
                )
        if self.exact.check:
            self.exact.check(**arguments)

    def apply(
        self, differentiation: Differentiation, x: Array, key: Array | None = None, **arguments: Any
    ) -> Array:
        plain = {
            k: v if k in self.exact.static or v is None else float(v) for k, v in sorted(arguments.items())
        }
        formulas = self._formulas(plain, stochastic=key is not None)
        return differentiation(formulas)(as_float(x), *([] if key is None else [key]))

    def _formulas(self, arguments: Mapping[str, Any], stochastic: bool) -> Formulas:
        assert not isinstance(self.exact.slope, Steps)
        try:
            best = quantization(self.exact.slope, tuple(arguments.items()), self.bits, stochastic)
        except ValueError as error:
            raise ValueError(f"{self.name}: with_residual with bits={self.bits}: {error}") from None
        value = filled(self.exact.value, arguments)
        return Formulas(
            value=lambda x, *key: value(x),
            slope=Steps(lambda x, *key: best.codes(x, *key), lambda *key: tuple(best.levels)),
            slope_from_output=None,
            parameter_slopes={},
            selects=False,
        )

    def residuals(self) -> frozenset[str]:
        return frozenset({"bits"})
