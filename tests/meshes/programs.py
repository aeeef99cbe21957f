"""The programs that a function is tried in: each for a mesh, and whole, for one device.

The loss is half the sum of (y + 1)^2, so that the cotangent is y + 1: it lies on the mesh as y does, and is
not 0 where a rectifier's value is.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .layouts import EXPLICIT, GSPMD, Layout
from .subjects import CHANNEL, PARTNER, ArrayFunction, MeshSubject

Outputs = dict[str, dict[str, Array]]
Run = Callable[..., Outputs]

# Outputs of single elements; or sums, which a mesh adds up in another order.
ELEMENTS, SUMS = "elements", "sums"


@dataclasses.dataclass(frozen=True)
class Argument:
    """One array that a program is given, and its place on the mesh."""

    values: np.ndarray
    spec: tuple[str | None, ...]


@dataclasses.dataclass(frozen=True)
class MeshProgram:
    """What is compiled.

    Attributes:
      name: as the table names it.
      arguments: of a subject and a layout.
      sharded: what is compiled for the mesh, of the function, the subject, the layout and the mesh.
      whole: the same for one device, of the function and the subject; it may have more outputs.
      seen: the layout of what the function is given.
    """

    name: str
    arguments: Callable[[MeshSubject, Layout], list[Argument]]
    sharded: Callable[[ArrayFunction, MeshSubject, Layout, Mesh], Run]
    whole: Callable[[ArrayFunction, MeshSubject], Run]
    seen: Callable[[Layout], Layout]


@contextlib.contextmanager
def partitioned(layout: Layout, mesh: Mesh) -> Iterator[None]:
    """The settings under which a program of this layout is traced and compiled."""
    shardy = layout.partitioner != GSPMD
    changed = shardy != jax.config.jax_use_shardy_partitioner  # type: ignore[attr-defined]
    if changed:
        jax.config.update("jax_use_shardy_partitioner", shardy)
    try:
        with jax.set_mesh(mesh) if layout.mode == EXPLICIT else contextlib.nullcontext():
            yield
    finally:
        if changed:
            jax.config.update("jax_use_shardy_partitioner", not shardy)


def inputs(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers on both sides of every kink, no two alike and none on a kink."""
    return np.random.default_rng(0).normal(scale=3.0, size=shape).astype("float32")


def loss(y: Array) -> Array:
    return 0.5 * jnp.square(y.astype(jnp.float32) + 1.0).sum()


def _x_and_operands(subject: MeshSubject, layout: Layout) -> list[Argument]:
    operands = (Argument(o.filled(layout.shape), o.spec(layout.spec)) for o in subject.operands)
    return [Argument(inputs(layout.shape), layout.spec), *operands]


def _x_and_whole_operands(subject: MeshSubject, layout: Layout) -> list[Argument]:
    """Likewise, but every device has all of the parameters."""
    arguments = _x_and_operands(subject, layout)
    kinds = [PARTNER, *(operand.kind for operand in subject.operands)]  # x is cut as a partner is
    return [
        a if kind == PARTNER else Argument(a.values, ()) for a, kind in zip(arguments, kinds, strict=True)
    ]


def _named(subject: MeshSubject, by_x: Any, by_operands: Any) -> dict[str, dict[str, Any]]:
    """What belongs to each gradient, by name; those by parameters are sums."""
    gradients: dict[str, dict[str, Any]] = {ELEMENTS: {"gradient": by_x}, SUMS: {}}
    for operand, gradient in zip(subject.operands, by_operands, strict=True):
        gradients[ELEMENTS if operand.kind == PARTNER else SUMS][f"gradient by {operand.name}"] = gradient
    return gradients


def _value_and_gradient(function: ArrayFunction, subject: MeshSubject) -> Run:
    """Value, and gradient by x and the operands, of one call."""

    def run(x: Array, *operands: Array) -> Outputs:
        def objective(*arguments: Array) -> tuple[Array, Array]:
            y = function(*arguments)
            return loss(y), y

        every = tuple(range(1 + len(operands)))
        (by_x, *others), y = jax.grad(objective, every, has_aux=True)(x, *operands)
        gradients = _named(subject, by_x, others)
        return {ELEMENTS: {"value": y, **gradients[ELEMENTS]}, SUMS: gradients[SUMS]}

    return run


CALL = MeshProgram(
    name="value and gradient",
    arguments=_x_and_operands,
    sharded=lambda function, subject, layout, mesh: _value_and_gradient(function, subject),
    whole=_value_and_gradient,
    seen=lambda layout: layout,
)


WHOLE_PARAMETERS = dataclasses.replace(
    CALL, name="value and gradient, whole parameters", arguments=_x_and_whole_operands
)


# shard_map: the function sees what one device holds.


def _local(layout: Layout) -> Layout:
    return layout.changed(shape=layout.local_shape, spec=(None,) * len(layout.spec))


def _specs(subject: MeshSubject, layout: Layout) -> tuple[PartitionSpec, ...]:
    return tuple(PartitionSpec(*argument.spec) for argument in _x_and_operands(subject, layout))


def _inside(function: ArrayFunction, subject: MeshSubject, layout: Layout, mesh: Mesh) -> Run:
    """Value and gradient are taken inside: the gradient by what all devices share is their sum."""
    specs = _specs(subject, layout)
    by_operands = _named(subject, specs[0], specs[1:])
    out_specs = {ELEMENTS: {"value": specs[0], **by_operands[ELEMENTS]}, SUMS: by_operands[SUMS]}
    body = _value_and_gradient(function, subject)
    return jax.shard_map(body, mesh=mesh, in_specs=specs, out_specs=out_specs)


def _gradient(function: ArrayFunction, subject: MeshSubject) -> Run:
    """The gradient alone: where nothing asks for the value, XLA may fuse a product into the sum of y + 1."""
    both = _value_and_gradient(function, subject)

    def run(*arguments: Array) -> Outputs:
        outputs = both(*arguments)
        return {ELEMENTS: {k: v for k, v in outputs[ELEMENTS].items() if k != "value"}, SUMS: outputs[SUMS]}

    return run


def _outside(check_vma: bool) -> Callable[[ArrayFunction, MeshSubject, Layout, Mesh], Run]:
    """The gradient is taken of the whole `shard_map`, which gives the loss."""

    def sharded(function: ArrayFunction, subject: MeshSubject, layout: Layout, mesh: Mesh) -> Run:
        def body(*arguments: Array) -> Array:
            return lax.psum(loss(function(*arguments)), layout.used)

        mapped = jax.shard_map(
            body,
            mesh=mesh,
            in_specs=_specs(subject, layout),
            out_specs=PartitionSpec(),
            check_vma=check_vma,
        )

        def run(*arguments: Array) -> Outputs:
            by_x, *others = jax.grad(mapped, tuple(range(len(arguments))))(*arguments)
            return _named(subject, by_x, others)

        return run

    return sharded


INSIDE = MeshProgram("shard_map, gradient inside", _x_and_operands, _inside, _value_and_gradient, _local)
OUTSIDE = MeshProgram("shard_map, gradient outside", _x_and_operands, _outside(True), _gradient, _local)
UNCHECKED = MeshProgram(
    "shard_map, gradient outside, check_vma=False",
    _x_and_operands,
    _outside(False),
    _gradient,
    _local,
)


# shard_map the other way round: x is the same on all devices, and every device has operands of its own.


def _stacked_operands(subject: MeshSubject, layout: Layout) -> list[Argument]:
    (axis,) = layout.used
    devices = dict(layout.axes)[axis]
    scales = 1 + np.arange(devices, dtype="float32") / devices
    shape = layout.local_shape
    x = Argument(inputs(shape), (None,) * len(shape))
    operands = (operand.filled(shape) for operand in subject.operands)
    return [x, *(Argument(np.multiply.outer(scales, o), (axis, *(None,) * o.ndim)) for o in operands)]


def _shared_x(function: ArrayFunction, subject: MeshSubject, layout: Layout, mesh: Mesh) -> Run:
    arguments = _stacked_operands(subject, layout)

    def body(x: Array, *operands: Array) -> Array:
        return lax.psum(loss(function(x, *(o[0] for o in operands))), layout.used)

    specs = tuple(PartitionSpec(*argument.spec) for argument in arguments)
    mapped = jax.shard_map(body, mesh=mesh, in_specs=specs, out_specs=PartitionSpec())
    return _all_sums(mapped, len(arguments))


def _whole_shared_x(function: ArrayFunction, subject: MeshSubject) -> Run:
    def total(x: Array, *stacked: Array) -> Array:
        return sum(
            (loss(function(x, *(o[i] for o in stacked))) for i in range(len(stacked[0]))), start=jnp.zeros(())
        )

    return _all_sums(total, 1 + len(subject.operands))


def _all_sums(total: Callable[..., Array], count: int) -> Run:
    def run(*arguments: Array) -> Outputs:
        gradients = jax.grad(total, tuple(range(count)))(*arguments)
        return {ELEMENTS: {}, SUMS: {f"gradient {i}": g for i, g in enumerate(gradients)}}

    return run


SHARED_X = MeshProgram("shard_map, x shared", _stacked_operands, _shared_x, _whole_shared_x, _local)


# vmap over an axis of the mesh.


def _mapped(function: ArrayFunction, subject: MeshSubject, layout: Layout, mesh: Mesh) -> Run:
    """Inside the function x has a sharding of its own, to which vmap adds the mapped axis."""
    first, *rest = layout.spec
    inner = NamedSharding(mesh, PartitionSpec(*rest))

    def constrained(x: Array, *operands: Array) -> Array:
        return function(lax.with_sharding_constraint(x, inner), *operands)

    axes = tuple(0 if operand.kind == PARTNER else None for operand in subject.operands)
    return _value_and_gradient(jax.vmap(constrained, (0, *axes), spmd_axis_name=first), subject)


MAPPED = MeshProgram(
    "vmap with spmd_axis_name", _x_and_operands, _mapped, _value_and_gradient, lambda layout: layout
)


# Small networks: the gradient of all weights.

LAYERS = 2
HIDDEN = 48  # six to a device on a model axis of eight, and twelve on one of four


@dataclasses.dataclass(frozen=True)
class Network:
    """Layers h + f(h a) b, of which each device has some rows, some hidden channels, or both.

    Attributes:
      scanned: whether the layers are one scan.
      checkpointed: whether nothing of a layer is kept.
    """

    scanned: bool = False
    checkpointed: bool = False

    @property
    def program(self) -> MeshProgram:
        scanned, checkpointed = ", scanned" * self.scanned, ", checkpointed" * self.checkpointed
        name = f"network{scanned}{checkpointed}"
        return MeshProgram(name, _weights, self.sharded, Network().run, _hidden)

    def sharded(self, function: ArrayFunction, subject: MeshSubject, layout: Layout, mesh: Mesh) -> Run:
        explicit = PartitionSpec(*layout.spec) if layout.mode == EXPLICIT else None
        return self.run(function, subject, explicit)

    def run(
        self, function: ArrayFunction, subject: MeshSubject, sharding: PartitionSpec | None = None
    ) -> Run:
        def layer(h: Array, weights: tuple[Array, ...], operands: tuple[Array, ...]) -> Array:
            *into, out = weights
            y = function(*(h @ w for w in into), *operands)
            return h + jnp.dot(y, out, out_sharding=sharding)

        step = jax.checkpoint(layer) if self.checkpointed else layer

        def objective(weights: tuple[Array, ...], operands: tuple[Array, ...], h: Array) -> Array:
            if self.scanned:
                h, _ = lax.scan(lambda h, w: (step(h, w, operands), None), h, weights)
            else:
                for i in range(LAYERS):
                    h = step(h, tuple(w[i] for w in weights), operands)
            return 0.5 * jnp.square(h).sum()

        def run(x: Array, *others: Array) -> Outputs:
            count = len(others) - len(_parameters(subject))
            value, (by_weights, by_operands) = jax.value_and_grad(objective, (0, 1))(
                others[:count], others[count:], x
            )
            gradients = {f"gradient {i}": g for i, g in enumerate((*by_weights, *by_operands))}
            return {ELEMENTS: {}, SUMS: {"loss": value, **gradients}}

        return run


def _parameters(subject: MeshSubject) -> tuple[Any, ...]:
    return tuple(operand for operand in subject.operands if operand.kind != PARTNER)


def _hidden(layout: Layout) -> Layout:
    """Of what the function is given: the rows as they are, and the channels cut over a model axis."""
    cut = "model" if "model" in dict(layout.axes) else None
    return layout.changed(shape=(layout.shape[0], HIDDEN), spec=(layout.spec[0], cut))


def _weights(subject: MeshSubject, layout: Layout) -> list[Argument]:
    """x, the weights of all layers stacked, and the parameters, which the layers share."""
    width = layout.shape[-1]
    hidden, (_, cut) = _hidden(layout).shape, _hidden(layout).spec
    partners = [jax.ShapeDtypeStruct(hidden, "float32")] * len(subject.partners)
    parameters = [o for o in subject.operands if o.kind != PARTNER]
    filled = [o.filled(hidden) for o in parameters]
    given = jax.ShapeDtypeStruct(hidden, "float32")
    out = jax.eval_shape(subject.plain, given, *partners, *filled).shape[-1]

    def matrix(seed: int, *shape: int) -> np.ndarray:
        drawn = np.random.default_rng(seed).normal(size=(LAYERS, *shape))
        return (drawn / np.sqrt(shape[0])).astype("float32")

    into = [Argument(matrix(2 + i, width, HIDDEN), (None, None, cut)) for i in range(1 + len(partners))]
    back = Argument(matrix(9, out, width), (None, cut, None))
    operands = (
        Argument(f, (*(None,) * (f.ndim - 1), cut) if o.kind == CHANNEL else (None,) * f.ndim)
        for o, f in zip(parameters, filled, strict=True)
    )
    return [Argument(inputs(layout.shape) / 4, layout.spec), *into, back, *operands]


NETWORK = Network().program
SCANNED = Network(scanned=True).program
CHECKPOINTED = Network(checkpointed=True).program

PROGRAMS = {
    program.name: program
    for program in (
        *(CALL, WHOLE_PARAMETERS, INSIDE, OUTSIDE, UNCHECKED, SHARED_X, MAPPED, NETWORK),
        *(SCANNED, CHECKPOINTED),
    )
}
