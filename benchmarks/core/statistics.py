"""What samples sum up to, by pyperf: median with interval, and the verdict whether to believe them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyperf

from .timing import SHORTEST_SAMPLE


def benchmark(name: str, samples: Sequence[float] | np.ndarray, executions: int | None = None) -> Any:
    """The samples as pyperf has them; each round is one of its runs."""
    metadata = {"name": name, "unit": "second", "loops": executions or 1}
    return pyperf.Benchmark(
        [pyperf.Run([float(value)], metadata=metadata, collect_metadata=False) for value in samples]
    )


def summary(samples: Sequence[float] | np.ndarray, executions: int | None = None) -> dict[str, Any]:
    """Median, the order statistics that enclose it at 95 % confidence, and the verdict.

    The ranks are the normal approximation of the binomial ones, clipped to the samples that there are.

    Args:
      samples: seconds an execution, or ratios, one a round.
      executions: in a sample, where a sample is a time.

    Returns:
      `median`, `low`, `high`; `unstable`, by the rules of `warnings`; `rounds_needed`, how many rounds
      pyperf wants so that the mean is known to 1 % at 95 % confidence.
    """
    bench = benchmark("samples", samples, executions)
    reach = 0.98 / len(samples) ** 0.5
    return {
        "median": bench.median(),
        "low": bench.percentile(100 * max(0.0, 0.5 - reach)),
        "high": bench.percentile(100 * min(1.0, 0.5 + reach)),
        "unstable": bool(warnings(samples, executions)),
        "rounds_needed": bench.required_nprocesses(),
    }


def warnings(samples: Sequence[float] | np.ndarray, executions: int | None = None) -> list[str]:
    """What `pyperf check` finds wrong: scatter, a value far out, samples that are too short for the clock.

    The function behind that command is not public, so that its rules stand here again. One is left out:
    the number of rounds for a mean within 1 %, which is reported as a number of its own. What is claimed
    rests on medians of ratios, which have an interval.

    Examples:
      >>> warnings([1.0, 1.0, 1.0, 2.0])
      ['the standard deviation is 40 % of the mean', 'the maximum is 60 % from the mean']
    """
    bench = benchmark("samples", samples, executions)
    mean, few = bench.mean(), len(samples) < 2
    scatter = 0.0 if few else bench.stdev() / mean
    said = [f"the standard deviation is {scatter:.0%} of the mean"] if scatter >= 0.1 else []
    for name, value in (("minimum", min(samples)), ("maximum", max(samples))):
        if abs(value - mean) >= 0.5 * mean:
            said.append(f"the {name} is {abs(value - mean) / mean:.0%} from the mean")
    if executions and (shortest := min(samples) * executions) < SHORTEST_SAMPLE:
        said.append(f"the shortest sample took only {shortest:.1g} s")
    return [text.replace("%", " %") for text in said]


def shortened(row: dict[str, Any]) -> dict[str, Any]:
    """The row with as many digits as mean something: six in a figure, four in a raw sample."""
    return {name: _short(value, 4 if name == "samples" else 6) for name, value in row.items()}


def _short(value: Any, digits: int) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    return [_short(float(one), digits) for one in value] if isinstance(value, np.ndarray) else value
