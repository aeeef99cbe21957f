"""What may be claimed from the rows of the throughput benchmark; unstable rows are left out, and counted."""

import itertools

from rich.table import Table

from references.counterparts import PEERS

from ..core.programs import DONATED, FRESH
from ..core.results import Row
from ..core.subjects import OURS
from ..core.tables import mean_text, new_table, numbers, ratio_text, texts
from .index import GRADIENT, NOISE, Index, Name, Ratio, distinct, places, ratio

SMOOTH = ("elu", "selu", "gelu", "silu", "softplus", "mish")
_OUTPUTS = ((DONATED, ""), (FRESH, ", ours fresh"))
_CAPTION = (
    "Value with gradient: our time divided by the other's, geometric means over the stable rows. "
    f"Smooth: {', '.join(SMOOTH)}. Unstable: rows that do not pass pyperf's rules; they are left out of the "
    f"means. Above: the cases in which we are slower, the slowest first. A case counts from a ratio of "
    f"{NOISE:g} (smaller differences are noise), or from 1 for a library in another process. * marks an "
    "unstable row. Outputs are donated; ours fresh: both libraries allocate their outputs, as PyTorch does."
)


def claims(rows: list[Row]) -> Table | None:
    """For each library, place and dtype: the geometric means, and what is slower than it should be."""
    figures = numbers("smooth", "all", "rows", "unstable")
    columns = [*texts("against", "where", "dtype"), *figures, *texts("above")]
    table = new_table("In short", columns, _CAPTION)
    for here, by_name in places(rows).items():
        for library, (outputs, how) in itertools.product(distinct(by_name, "library"), _OUTPUTS):
            by_dtype = {
                dtype: _ratios(by_name, library, dtype, outputs) for dtype in distinct(by_name, "dtype")
            }
            if len(by_dtype) > 1:
                by_dtype["all"] = {key: one for ratios in by_dtype.values() for key, one in ratios.items()}
            for dtype, ratios in by_dtype.items():
                if ratios and (library in PEERS or outputs == DONATED):
                    limit = 1.0 if library in PEERS else NOISE
                    table.add_row(library + how, str(here), dtype, *_cells(ratios, limit, dtype == "all"))
        table.add_section()
    return table if table.row_count else None


def _ratios(by_name: Index, library: str, dtype: str, outputs: str) -> dict[Name, Ratio]:
    """Of each variant that both have."""
    keys = (Name(variant, dtype, OURS, GRADIENT, outputs) for variant in distinct(by_name, "variant"))
    return {key: one for key in keys if (one := ratio(by_name, key, library))}


def _cells(ratios: dict[Name, Ratio], limit: float, summed_up: bool) -> list[str]:
    """The row's figures; where dtypes are summed up, those above have been named already."""
    stable = {key: one.median for key, one in ratios.items() if not one.unstable}
    smooth = [key for key in ratios if key.variant in SMOOTH]
    above = sorted(
        (one.median, key.variant, "*" * one.unstable) for key, one in ratios.items() if one.median > limit
    )
    named = ", ".join(f"{variant} {ratio_text(median)}{mark}" for median, variant, mark in reversed(above))
    return [
        mean_text([stable[key] for key in smooth if key in stable], len(smooth)),
        mean_text(list(stable.values()), len(ratios)),
        str(len(stable)),
        str(len(ratios) - len(stable)),
        str(len(above)) if summed_up else named or "none",
    ]
