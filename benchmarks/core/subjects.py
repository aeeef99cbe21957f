"""What is measured: each variant of the catalogue and, where `jax.nn` has it, its peer."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxrelu

OURS, PEER, CHECKPOINT = "jaxrelu", "jax.nn", "jax.checkpoint"
DTYPES = ("float32", "bfloat16", "float16")
# What the quick tour shows: it takes no longer when the catalogue grows.
TOUR = (
    *("relu", "leaky_relu", "prelu", "relu6", "general_relu", "elu", "celu", "selu", "softplus", "gelu"),
    *("gelu_exact", "silu", "mish", "crelu", "squared_relu", "swiglu"),
)
COLUMNS = 1024  # the arrays have as many rows as their size asks for


@dataclasses.dataclass(frozen=True)
class Subject:
    """One implementation of one variant: `function(x, *partners, *learned)`, differentiated by all of them.

    Attributes:
      library: whose it is.
      function: of the operands.
      learned: parameters.
      partners: how many more operands there are of the shape of x.
    """

    library: str
    function: Callable[..., Array]
    learned: tuple[Array, ...] = ()
    partners: int = 0

    def operands(self, x: Any, partner: Any = None) -> tuple[Any, ...]:
        """x and what goes with it, arrays or shapes; without a partner x is its own."""
        return (x, *[x if partner is None else partner] * self.partners, *self.learned)


def variant_names() -> tuple[str, ...]:
    """The names of the catalogue as it is now, rows added at run time included."""
    return tuple(jaxrelu.catalogue())


def selection(names: tuple[str, ...] | None) -> list[jaxrelu.Variant]:
    """The rows of these names; all rows for None."""
    rows = jaxrelu.catalogue()
    return [rows[name] for name in (rows if names is None else names)]


def subjects(row: jaxrelu.Variant) -> list[Subject]:
    """Ours, and the peer if there is one.

    An argument that the row fills with a float or an array of floats is learned: it becomes a float32
    array, and is differentiated as in training. Any other is filled in.
    """
    learned = {name: value for name, value in row.example.items() if _is_float(value)}
    filled = {name: value for name, value in row.example.items() if name not in learned}

    def ours(x: Array, *others: Array) -> Array:
        named = zip((*row.partners, *learned), others, strict=True)
        return row.bound(x, **dict(named), **filled)

    arrays = tuple(jnp.asarray(value, jnp.float32) for value in learned.values())
    alone = not (row.example or row.partners)
    compared = [Subject(OURS, row.bound if alone else ours, arrays, len(row.partners))]
    if row.peer:
        peer = getattr(jax.nn, row.peer)
        compared.append(Subject(PEER, functools.partial(peer, **row.arguments) if row.arguments else peer))
    return compared


def checkpointed(subject: Subject) -> Subject:
    """The same function in `jax.checkpoint`: it keeps its input and computes the rest again."""
    return dataclasses.replace(subject, library=CHECKPOINT, function=jax.checkpoint(subject.function))


def _is_float(value: object) -> bool:
    return jnp.issubdtype(getattr(value, "dtype", type(value)), jnp.floating)
