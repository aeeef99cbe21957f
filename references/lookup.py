"""The entries by the names of the catalogue's rows, and with which parameters they are compared."""

from typing import Any

import jaxrelu

from .baselines import BASELINES
from .entry import Reference, numbers_among
from .exponential import EXPONENTIAL
from .gates import GATES
from .piecewise import PIECEWISE
from .units import UNITS

REFERENCES: dict[str, Reference] = {**PIECEWISE, **EXPONENTIAL, **GATES, **BASELINES}

# Every row that maps one number to one, or to a few: what most tests are parametrised on. The others join
# several numbers; their references stand in `units.py`.
ROWS = {name: row for name, row in jaxrelu.catalogue().items() if name not in UNITS}


def reference_of(name: str) -> Reference:
    """The entry of a row of the catalogue; its absence is a failure, not a skipped test."""
    if name not in REFERENCES:
        raise LookupError(f"add the reference of {name} to references/")
    return REFERENCES[name]


def parameters_of(name: str) -> dict[str, Any]:
    """The parameters that the reference takes, at their defaults or as the row's example has them."""
    row = jaxrelu.catalogue()[name]
    given = {**row.defaults, **row.example}
    return {parameter: given[parameter] for parameter in reference_of(name).parameters}


def numbers_of(name: str) -> dict[str, Any]:
    """Those of them that are numbers."""
    return numbers_among(parameters_of(name))


def cases_of(name: str) -> list[dict[str, Any]]:
    """The default parameters, then the other settings."""
    return [parameters_of(name) | dict(case) for case in ({}, *reference_of(name).cases)]


def rising(name: str) -> dict[str, bool]:
    """Whether value and slope never fall."""
    known = reference_of(name)
    return {"value": known.monotone, "slope": known.convex}
