"""From a tally to a row of the results, and whether it passes.

A row holds:
*   `inputs`: how many numbers were tried, NaN not counted; `worst`: the largest error in units in the last
    place, `worst_at`: x, what came out, what should have;
*   `above`: the shares of inputs whose error is above 0.5, 1 and 2 ulp;
*   `nan`, `infinity`: NaN or infinity for what is neither, or a number for infinity; `zero`: a zero of the
    other sign than what it stands for; `backwards`: falls of a value, or of a slope, that never falls;
    `fault_at`: an input for each of these that is there;
*   reported apart: `tiny`, results below the range of the format where XLA:CPU flushes, with the largest
    absolute error; `flushed`, inputs below 2^-126, which XLA:CPU takes for zeros; `excused`, inputs near
    a sign change whose error is above the bound but whose absolute error is not above `tolerance`, with the
    largest error in ulp;
*   `other_bits`: for each way to call the function at how many inputs the bits differ;
*   `bound` and `passes`.
"""

import math
from typing import Any

from ..core.results import Row
from .errors import FAULTS, LEVELS, Tally
from .formats import JudgedFormat

REFERENCE = "reference"


def row_of(tally: Tally, form: JudgedFormat, rises: bool, bounded: bool = True) -> Row:
    """The fields of a row but for what was measured.

    Args:
      tally: what was found.
      form: the format of the results.
      rises: whether the exact result never falls.
      bounded: whether there is a bound on the error. Slopes by parameters have none: terms of any size
        cancel in them.
    """
    faults: dict[str, Any] = {name: tally.faults[name] for name in FAULTS}
    if not rises:
        faults["backwards"] = None
    places = {name: json_number(x) for name, x in tally.fault_at.items() if faults[name]}
    inputs = max(tally.inputs, 1)
    row = {
        "inputs": tally.inputs,
        "worst": json_number(tally.worst),
        "worst_at": [json_number(number) for number in tally.at] if tally.at else None,
        "above": {str(level): n / inputs for level, n in zip(LEVELS, tally.above, strict=True)},
        **faults,
        "fault_at": places,
        "tiny": tally.tiny,
        "tiny_error": tally.tiny_error,
        "flushed": tally.flushed,
        "excused": tally.excused,
        "excused_worst": json_number(tally.excused_worst),
        "tolerance": form.tolerance,
        "bound": form.allowed if bounded else None,
        "passes": (tally.worst <= form.allowed or not bounded)
        and not faults["nan"]
        and not faults["infinity"],
    }
    return {**row, "profile": tally.profile} if tally.profile else row


def json_number(number: float) -> float | str:
    """JSON has neither infinity nor NaN."""
    return number if math.isfinite(number) else str(number)
