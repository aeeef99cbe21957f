"""The functions that are tried: every variant with everything it can keep, frozen and learned."""

import dataclasses
import functools
import numbers
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxrelu

from .counterparts import FORMULAS, counterpart
from .layouts import Layout

ArrayFunction = Callable[..., Array]

# How an operand's shape follows from that of x.
PARTNER = "of the shape of x"
SCALAR = "one number"
CHANNEL = "one number a channel"

QUANTIZED = 4  # bits of a smooth slope


@dataclasses.dataclass(frozen=True)
class Operand:
    """An array argument beside x, which is differentiated too.

    Attributes:
      name: of the argument.
      kind: PARTNER, SCALAR or CHANNEL.
      value: what it is filled with; one with an axis of its own (apl's hinges) keeps that in front.
    """

    name: str
    kind: str
    value: Any = 0.0

    def shape(self, x: tuple[int, ...]) -> tuple[int, ...]:
        if self.kind == PARTNER:
            return x
        return np.shape(self.value) + ((x[-1],) if self.kind == CHANNEL else ())

    def spec(self, x: tuple[str | None, ...]) -> tuple[str | None, ...]:
        """A parameter per channel is cut as the channels are."""
        if self.kind == PARTNER:
            return x
        own: tuple[None, ...] = (None,) * np.ndim(self.value)
        return own + ((x[-1],) if self.kind == CHANNEL else ())

    def filled(self, x: tuple[int, ...]) -> np.ndarray:
        """Of a partner its own numbers; of a parameter its value, which differs a little by channel."""
        shape = self.shape(x)
        if self.kind == PARTNER:
            return np.random.default_rng(1).normal(size=shape).astype("float32")
        near = np.ones(()) if self.kind == SCALAR else 1 + np.arange(shape[-1]) / (8 * shape[-1])
        value = np.asarray(self.value, "float32")
        return np.broadcast_to(value[..., None] if self.kind == CHANNEL else value, shape) * near.astype("f")


@dataclasses.dataclass(frozen=True)
class MeshSubject:
    """One of our functions, beside its plain counterpart; both take x and the operands, by position.

    Attributes:
      name: as the table names it.
      variant: of the catalogue.
      plain_name: the same for all subjects that share the counterpart.
      groups: the last axis of x has to be a multiple of this.
      bits: how many are packed in words on request, None where nothing is.
    """

    name: str
    variant: str
    ours: ArrayFunction
    plain: ArrayFunction
    plain_name: str
    operands: tuple[Operand, ...] = ()
    groups: int = 1
    bits: int | None = None

    def fits(self, layout: Layout) -> bool:
        return layout.shape[-1] % self.groups == 0

    def may_straddle(self, layout: Layout) -> bool:
        """Whether neighbours that belong together can lie on two devices.

        They are the codes of a word, what `bits` chooses knowingly, or the channels of a group of maxout.
        """
        together = self.groups if self.bits is None else _codes_in_a_word(self.bits)
        return layout.pieces(-1) > 1 and layout.channels % together != 0

    @property
    def partners(self) -> tuple[Operand, ...]:
        return tuple(operand for operand in self.operands if operand.kind == PARTNER)


def _codes_in_a_word(bits: int) -> int:
    """Of the smallest part of a code: parts of 4, 2 and 1 bits are packed in bytes, whole bytes by twos."""
    return 2 if bits == 8 else 8 // (bits & -bits)


@functools.cache
def subjects() -> dict[str, MeshSubject]:
    """All of them, by name."""
    every = [*_special()]
    for row in jaxrelu.catalogue().values():
        every += [_frozen(row), *_other_residuals(row), *_quantized(row), *_learned(row)]
    return {subject.name: subject for subject in every}


def own_residuals() -> list[str]:
    """Every variant as it is by default."""
    return list(jaxrelu.catalogue())


def chosen_residuals() -> list[str]:
    """Every variant with everything else that it can keep, also rounded to a few bits, and special uses."""
    learned = set(learned_scalars()) | set(learned_channels())
    return [name for name in subjects() if name not in learned and name not in own_residuals()]


def learned_scalars() -> list[str]:
    return [name for name in subjects() if name.endswith(" learned")]


def learned_channels() -> list[str]:
    return [name for name in subjects() if name.endswith(" learned per channel")]


def _given(row: jaxrelu.Variant, function: ArrayFunction) -> ArrayFunction:
    """The function of x and the partners, with the arguments of the row filled in."""

    def given(x: Array, *partners: Array) -> Array:
        named = dict(zip(row.partners, partners, strict=True))
        return function(x, **named, **row.arguments, **row.example)

    return given


def _plain(row: jaxrelu.Variant) -> ArrayFunction:
    plain = counterpart(row)
    return lambda x, *partners: plain(x, *partners, **row.example)


def _base(row: jaxrelu.Variant, name: str, ours: ArrayFunction, bits: int | None = None) -> MeshSubject:
    return MeshSubject(
        name=name,
        variant=row.name,
        ours=_given(row, ours),
        plain=_plain(row),
        plain_name=row.name,
        operands=tuple(Operand(partner, PARTNER) for partner in row.partners),
        groups={"glu": 2, "maxout": 2}.get(row.name, 1),
        bits=bits,
    )


def _frozen(row: jaxrelu.Variant) -> MeshSubject:
    return _base(row, row.name, row.function)


def _other_residuals(row: jaxrelu.Variant) -> Iterator[MeshSubject]:
    """What it can keep by choice."""
    _, *others = row.residuals
    for residual in others:
        twin: Any = jaxrelu.with_residual(row.function, residual)  # type: ignore[arg-type]
        # Of a code of several bits the last one, alone, needs the most neighbours to fill a byte.
        yield _base(row, f"{row.name}:{residual}", twin, 1 if residual == "bits" else None)


def _quantized(row: jaxrelu.Variant, bits: int = QUANTIZED) -> Iterator[MeshSubject]:
    """Nothing where the slope is not smooth, or has no bounds."""
    try:
        twin: Any = jaxrelu.with_residual(row.function, bits=bits)
        subject = _base(row, f"{row.name}:{bits} bits", twin, bits)
        jax.eval_shape(subject.ours, jnp.zeros(8))
    except ValueError:
        return
    yield subject


def _learned(row: jaxrelu.Variant) -> Iterator[MeshSubject]:
    """Differentiated by all its parameters, which are scalars or one a channel."""
    static = getattr(row.function, "declaration").static  # noqa: B009
    given = {**row.defaults, **row.example}
    learned = {
        name: value for name, value in given.items() if name not in static and _is_number_or_array(value)
    }
    if not learned:
        return
    plain = counterpart(row)

    def named(function: ArrayFunction) -> ArrayFunction:
        return lambda x, *operands: function(x, **dict(zip(learned, operands, strict=True)))

    for kind, suffix in ((SCALAR, "learned"), (CHANNEL, "learned per channel")):
        yield MeshSubject(
            name=f"{row.name} {suffix}",
            variant=row.name,
            ours=named(row.function),
            plain=named(plain),
            plain_name=f"{row.name} {suffix}",
            operands=tuple(Operand(name, kind, value) for name, value in learned.items()),
        )


def _is_number_or_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or (isinstance(value, numbers.Real) and not isinstance(value, bool))


def _special() -> Iterator[MeshSubject]:
    """Uses that no default shows: two bits a slope, a random key, a frozen array, another axis."""
    ceiling = {"negative_slope": 0.125, "threshold": 0.5, "max_value": 2.0, "shift": 0.25}
    yield _use("general_relu with a ceiling", "general_relu", ceiling)
    yield _use("general_relu with a ceiling:bits", "general_relu", ceiling, "bits")
    yield dataclasses.replace(
        _use("general_relu by its ceiling learned", "general_relu", {"negative_slope": 0.125}),
        operands=(Operand("max_value", SCALAR, 2.0),),
        ours=lambda x, ceiling: jaxrelu.general_relu(x, 0.125, max_value=ceiling),
        plain=lambda x, ceiling: FORMULAS["general_relu"](x, 0.125, max_value=ceiling),
    )
    yield dataclasses.replace(_use("maxout of four", "maxout", {"num_pieces": 4}), groups=4)
    yield dataclasses.replace(
        _use("crelu along the rows", "crelu", {}),
        ours=lambda x: jaxrelu.crelu(x, axis=0),
        plain=lambda x: jnp.concatenate([jax.nn.relu(x), jax.nn.relu(-x)], 0),
    )
    yield dataclasses.replace(
        _use("rrelu with a key", "rrelu", {}),
        ours=lambda x: jaxrelu.rrelu(x, jax.random.key(7)),
        plain=lambda x: FORMULAS["rrelu"](x, jax.random.key(7)),
    )
    yield dataclasses.replace(
        _use("prelu frozen per channel", "prelu", {}),
        ours=lambda x: jaxrelu.prelu(x, _slopes(x)),
        plain=lambda x: FORMULAS["prelu"](x, _slopes(x)),
    )
    gelu = jaxrelu.catalogue()["gelu"]
    for bits in (1, 3, 8):
        yield from _quantized(gelu, bits)
    drawn: Any = jaxrelu.with_residual(jaxrelu.gelu, bits=QUANTIZED)
    yield _base(gelu, "gelu:4 bits with a key", lambda x: drawn(x, key=jax.random.key(7)), QUANTIZED)


def _slopes(x: Array) -> np.ndarray:
    return np.linspace(0.125, 0.5, x.shape[-1], dtype="float32")


def _use(name: str, variant: str, arguments: dict[str, Any], residual: Any = None) -> MeshSubject:
    """A variant with these arguments."""
    row = jaxrelu.catalogue()[variant]
    function: Any = jaxrelu.with_residual(row.function, residual) if residual else row.function
    plain = counterpart(row)
    return MeshSubject(
        name=name,
        variant=variant,
        ours=lambda x: function(x, **arguments),
        plain=lambda x: plain(x, **arguments),
        plain_name=name.split(":")[0],
        groups=arguments.get("num_pieces", 1),
        bits=1 if residual == "bits" else None,
    )
