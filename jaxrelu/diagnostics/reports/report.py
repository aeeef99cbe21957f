"""A model's activations over a whole data set: what is dead, by layer, and what to do about it."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax import Array

from ..._mechanism.arguments import as_operand
from ..._mechanism.rules import BOOL, MAPPING, PLAIN_NUMBER
from ..reading.models import opened
from ..reading.trace import ModelCall, activities, check_reading, read
from ..units.statistics import Statistics
from .layers import Layer
from .remedies import problem
from .tables import as_html, as_text, table

_RANK_LIMIT = 1024  # units up to which the products for the effective rank are gathered


@dataclasses.dataclass(frozen=True)
class Report(Mapping[str, Layer]):
    """The layers of a model by name, in the order in which they run.

    `print(report)` shows a table, with rich `rich.print(report)` one in colour, and in a notebook the report
    as the last line of a cell. `as_dict` is for loggers, `problems` names what is wrong.
    """

    layers: dict[str, Layer]

    def __getitem__(self, name: str) -> Layer:
        return self.layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def dead(self) -> float:
        """The share of all units that are dead."""
        return float(np.concatenate([layer.dead for layer in self.layers.values()]).mean())

    def as_dict(self) -> dict[str, float]:
        """Every figure of every layer in one flat dict, such as "dead/first"."""
        return {
            f"{figure}/{name}": value
            for name, layer in self.layers.items()
            for figure, value in layer.figures.items()
        }

    def problems(self, threshold: float = 0.1) -> list[str]:
        """One sentence a layer in which more than this share of units is dead, or a value is NaN."""
        PLAIN_NUMBER.apply("problems", "threshold", threshold)
        texts = (problem(layer.name, layer.figures, threshold) for layer in self.layers.values())
        return [text for text in texts if text]

    def merge(self, other: "Report") -> "Report":
        """What two reports of the same model have seen, as one.

        Raises:
          TypeError: if other is no report.
          ValueError: if their layers differ.
        """
        if not isinstance(other, Report):
            raise TypeError(f"merge: other must be a Report, got {type(other).__name__}")
        _same(self.layers, other.layers)
        return Report(
            {
                name: dataclasses.replace(layer, statistics=layer.statistics.merge(other[name].statistics))
                for name, layer in self.layers.items()
            }
        )

    def __str__(self) -> str:
        return as_text(self, self.problems())

    def __rich__(self) -> Any:
        return table(self, self.problems())

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        return as_html(self, self.problems())


def _same(mine: Mapping[str, Layer], theirs: Mapping[str, Layer]) -> None:
    """Refuses what is not of one model."""
    units = [{name: layer.statistics.units for name, layer in each.items()} for each in (mine, theirs)]
    if units[0] != units[1]:
        raise ValueError(f"merge: layers and their units must be the same, got {units[0]} and {units[1]}")


def report(
    model: Any,
    batches: Iterable[Any],
    *,
    call: ModelCall | None = None,
    functions: Sequence[str] = (),
    rank: bool = True,
) -> Report:
    """A report on every activation of a model over a whole data set.

    A unit is dead only if no example of all batches wakes it. One batch is in memory at a time; a batch
    costs a forward pass, the slopes of its activations and, for the rank, a product of each layer's outputs
    with themselves. A batch of another size is compiled once more.

    Args:
      model: an NNX module, a bound Linen module, a `functools.partial` of a function and its parameters, a
        pytree that can be called, or a function; in evaluation mode, if it has one.
      batches: what the model is called with, one after the other: any iterable, a generator too.
      call: how, where it is not `model(batch)`: a function `(model, batch)`.
      functions: names of further jitted functions that are activations.
      rank: whether the effective rank is computed, of layers of at most 1024 units.

    Returns:
      A `Report`: a mapping from the names of the layers.

    Raises:
      TypeError: if model cannot be called, or batches is an array and no series of arrays.
      ValueError: if no activation is found, or there is no batch.

    Examples:
      >>> import jax, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> batches = (jax.numpy.array([[-1.0, -2.0, x]]) for x in range(3))
      >>> report = diagnostics.report(jaxrelu.relu, batches)
      >>> report["relu"].dead
      array([ True,  True, False])
      >>> report.as_dict()["observations/relu"]
      3
    """
    if isinstance(batches, (jax.Array, np.ndarray)):
        raise TypeError("report: batches must be an iterable of batches, got one array; write [batch]")
    if isinstance(batches, str) or not hasattr(type(batches), "__iter__"):
        raise TypeError(f"report: batches must be an iterable of batches, got {type(batches).__name__}")
    check_reading("report", call, functions)
    BOOL.apply("report", "rank", rank)
    own = opened("report", model)
    seen: dict[str, str] = {}

    @jax.jit
    def first(leaves: list[Any], batch: Any) -> dict[str, Statistics]:
        observed = activities(read(own._replace(leaves=leaves), batch, call, functions))
        seen.update({name: activity.function for name, activity in observed.items()})
        return {name: a.statistics(rank=rank and _units(a) <= _RANK_LIMIT) for name, a in observed.items()}

    @jax.jit
    def further(total: dict[str, Statistics], leaves: list[Any], batch: Any) -> dict[str, Statistics]:
        return merge_all(total, first(leaves, batch))

    total: dict[str, Statistics] = {}
    for batch in batches:
        total = further(total, own.leaves, batch) if total else first(own.leaves, batch)
    if not total:
        raise ValueError("report: batches must have at least one batch, got none; is a generator used up?")
    return Report({name: Layer(name, seen[name], total[name]) for name in seen})


def _units(activity: Any) -> int:
    return int(np.prod([activity.outputs.shape[axis] for axis in activity.unit_axes]))


def merge_all(mine: Mapping[str, Statistics], theirs: Mapping[str, Statistics]) -> dict[str, Statistics]:
    """The statistics of all layers, merged.

    Raises:
      ValueError: if the layers differ.
    """
    if mine.keys() != theirs.keys():
        raise ValueError(f"merge: layers must be the same, got {list(mine)} and {list(theirs)}")
    return {name: each.merge(theirs[name]) for name, each in mine.items()}


def measure(
    outputs: Mapping[str, Array], *, slopes: Mapping[str, Array] | None = None
) -> dict[str, Statistics]:
    """The statistics of layers whose outputs are at hand, as `sow` or `nnx.capture` give them.

    Args:
      outputs: by name, each with the examples first and the units last.
      slopes: the slopes of the activations, by the same names; None if they are not known.

    Returns:
      `Statistics` by name.

    Raises:
      TypeError: if outputs or slopes are no mapping of arrays.
      ValueError: if there is no layer, layers differ in their numbers of examples, or slopes are of others.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu import diagnostics
      >>> statistics = diagnostics.measure({"first": jnp.zeros((8, 3)), "second": jnp.ones((8, 2))})
      >>> {name: float(of.dead.mean()) for name, of in statistics.items()}
      {'first': 1.0, 'second': 0.0}
    """
    from ..units.statistics import statistics

    MAPPING.apply("measure", "outputs", outputs)
    MAPPING.or_none().apply("measure", "slopes", slopes)
    if not outputs:
        raise ValueError("measure: outputs must have at least one layer, got none")
    if slopes is not None and slopes.keys() != outputs.keys():
        raise ValueError(
            f"measure: slopes must have the names of outputs, {list(outputs)}, got {list(slopes)}"
        )
    examples = {name: as_operand("measure", f"outputs[{name!r}]", y).shape[:1] for name, y in outputs.items()}
    if len(set(examples.values())) > 1:
        listed = ", ".join(f"{name} {n[0] if n else 'none'}" for name, n in examples.items())
        raise ValueError(f"measure: layers must have the same number of examples (axis 0), got {listed}")
    return {name: statistics(y, slopes=slopes[name] if slopes else None) for name, y in outputs.items()}
