"""What every variant should return: stable float64 formulas, written without a look at the library's kernels.

To add a variant, add its entry to `PIECEWISE` or `SMOOTH` under the name of its catalogue row:

*   `value` and `slope`, functions of x and, by name, of every parameter that is a number. The slope is the
    cotangent of x where the cotangent of the result is all ones; at a kink and at NaN, the convention.
*   `textbook`, the value at one point as the paper writes it, for mpmath at 50 digits.
*   `parameter_slopes`, the derivative by every parameter.
*   `cases`, settings of the parameters other than the defaults.

`tests/functions/test_references.py` compares them with the textbook; everything else is compared with them.
"""

import inspect
from typing import Any

import jaxrelu

from .entry import Reference
from .piecewise import PIECEWISE
from .smooth import SMOOTH
from .units import UNITS

REFERENCES: dict[str, Reference] = {**PIECEWISE, **SMOOTH}

# These join several numbers: their references stand in units.py, their tests in test_units.py.
SEVERAL = set(UNITS)
# Every other row maps one number to one, or to a few: what most tests are parametrised on.
ROWS = {name: row for name, row in jaxrelu.catalogue().items() if name not in SEVERAL}


def reference_of(name: str) -> Reference:
    """The reference of a row of the catalogue; its absence is a failure, not a skipped test."""
    assert name in REFERENCES, f"add the float64 reference of {name} to references/"
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
