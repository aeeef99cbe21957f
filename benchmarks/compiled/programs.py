"""The programs that are compiled: one function alone, and whole training steps with it.

Alone: forward; forward with what is kept for the backward pass; backward from what is kept; value with
gradient in one program, as a training step has it. Whole: an MLP with a residual stream, trained or frozen,
its layers unrolled or scanned; a gated MLP; a convolution block; a transformer layer.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

import jaxrelu

PEER, CHECKPOINT, OURS = "jax.nn", "jax.checkpoint", "jaxrelu"
FORWARD, KEEPING, BACKWARD, BOTH = "forward", "forward with residual", "backward", "value with gradient"
ALONE = (FORWARD, KEEPING, BACKWARD, BOTH)
_LAYOUTS = ("trained unrolled", "trained scanned", "frozen unrolled", "frozen scanned")
MLP = tuple(f"mlp {layout}" for layout in _LAYOUTS)
GATED = tuple(f"gated mlp {layout}" for layout in _LAYOUTS)
CONVOLUTION, TRANSFORMER = "convolution block", "transformer layer"
WHOLE = (*MLP, *GATED, CONVOLUTION, TRANSFORMER)
PROGRAMS = (*ALONE, *WHOLE)

# What one writes with jax.nn where it has no function of the name.
_BY_HAND: dict[str, Callable[..., Array]] = {
    "squared_relu": lambda x: jnp.square(jax.nn.relu(x)),
    "prelu": lambda x, negative_slope: jax.nn.leaky_relu(x, negative_slope.astype(x.dtype)),
    "reglu": lambda gate, value: jax.nn.relu(gate) * value,
    "geglu": lambda gate, value: jax.nn.gelu(gate) * value,
    "swiglu": lambda gate, value: jax.nn.silu(gate) * value,
    "bilinear": lambda gate, value: gate * value,
}


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large the programs are: `FILLING` keeps every target busy and fits into the smallest.

    Attributes:
      rows: of the tensors of one function, and of the MLP: tokens.
      columns: of the tensors of one function, and the hidden units of the MLP.
      width: of the MLP's residual stream.
      layers: of the MLP.
      image: batch, height and channels of the convolution block.
      sequences: batch, length, width and heads of the transformer layer, whose MLP is four times as wide.
    """

    rows: int = 8192
    columns: int = 4096
    width: int = 1024
    layers: int = 4
    image: tuple[int, int, int] = (64, 56, 256)
    sequences: tuple[int, int, int, int] = (8, 1024, 2048, 16)


FILLING = Sizes()


@dataclasses.dataclass(frozen=True)
class Case:
    """One program of one function.

    Attributes:
      variant: a name of the catalogue.
      way: `jax.nn`, `jax.checkpoint`, or `jaxrelu` with what it keeps, as `jaxrelu input`.
      program: one of `PROGRAMS`.
      dtype: of the tensors and the weights.
      sizes: how large.
    """

    variant: str
    way: str
    program: str
    dtype: str = "bfloat16"
    sizes: Sizes = FILLING


@dataclasses.dataclass(frozen=True)
class Function:
    """One way to have a variant: `call(x, *partners, *learned)`.

    Attributes:
      call: of x, of as many more tensors of its shape as there are partners, and of the learned parameters.
      learned: the shapes of the parameters, float32.
      partners: how many more tensors it takes.
    """

    call: Callable[..., Array]
    learned: tuple[tuple[int, ...], ...]
    partners: int


def ways(row: jaxrelu.Variant) -> tuple[str, ...]:
    """The ways to have a variant: with jax.nn, that in `jax.checkpoint`, ours with each residual.

    Where jax.nn has nothing, `jax.checkpoint` is put around ours.
    """
    peer = (PEER,) if row.peer or row.name in _BY_HAND else ()
    return (*peer, CHECKPOINT, *(f"{OURS} {residual}" for residual in row.residuals))


def own_way(row: jaxrelu.Variant) -> str:
    """Ours as it is called: with the residual of its own choice."""
    return f"{OURS} {row.residuals[0]}"


def programs(row: jaxrelu.Variant) -> tuple[str, ...]:
    """The programs that a variant can be in.

    An MLP or a block with one tensor in between is none for a gated function, and a convolution block that
    adds its input none for one that changes the channels.
    """
    one = function(row, ways(row)[-1])
    if one.partners:
        return (*ALONE, *GATED, TRANSFORMER)
    channels = _channels(one, 8)
    return tuple(name for name in PROGRAMS if channels == 8 or name not in GATED)


def function(row: jaxrelu.Variant, way: str) -> Function:
    """A variant, had in this way.

    An argument that the row fills with a float or an array of floats is learned; any other is filled in.
    """
    learned = {name: value for name, value in row.example.items() if _is_float(value)}
    filled = {name: value for name, value in row.example.items() if name not in learned}
    names = (*row.partners, *learned)

    def call(base: Callable[..., Array], x: Array, *others: Array) -> Array:
        return base(x, **row.arguments, **dict(zip(names, others, strict=True)), **filled)

    if way.startswith(OURS):
        residual: Any = way.removeprefix(f"{OURS} ")
        base = row.function if way == own_way(row) else jaxrelu.with_residual(row.function, residual)
        bare = functools.partial(call, base)
    elif row.name in _BY_HAND:
        bare = _BY_HAND[row.name]
    elif row.peer:
        bare = functools.partial(call, getattr(jax.nn, row.peer))
    else:
        bare = functools.partial(call, row.function)
    shapes = tuple(jnp.shape(value) for value in learned.values())
    return Function(jax.checkpoint(bare) if way == CHECKPOINT else bare, shapes, len(row.partners))


def build(case: Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The program, and the shapes of its arguments."""
    one = function(jaxrelu.catalogue()[case.variant], case.way)
    if case.program in ALONE:
        return _alone(one, case)
    if case.program == CONVOLUTION:
        return _convolution(one, case)
    if case.program == TRANSFORMER:
        return _transformer(one, case)
    return _mlp(one, case)


def elements(case: Case) -> int:
    """The elements of x in a program of one function."""
    return case.sizes.rows * case.sizes.columns


def _is_float(value: object) -> bool:
    return jnp.issubdtype(getattr(value, "dtype", type(value)), jnp.floating)


def _channels(one: Function, channels: int) -> int:
    x = jax.ShapeDtypeStruct((channels, channels), jnp.float32)
    return jax.eval_shape(one.call, x, *[x] * one.partners, *_learned(one)).shape[-1]


def _learned(one: Function, *stacked: int) -> list[Any]:
    return [jax.ShapeDtypeStruct((*stacked, *shape), jnp.float32) for shape in one.learned]


def _alone(one: Function, case: Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    x = jax.ShapeDtypeStruct((case.sizes.rows, case.sizes.columns), case.dtype)
    operands = (x, *[x] * one.partners, *_learned(one))
    if case.program == FORWARD:
        return one.call, operands

    def keeping(*operands: Array) -> tuple[Array, list[Array]]:
        value, pullback = jax.vjp(one.call, *operands)
        return value, jax.tree.leaves(pullback)

    if case.program == KEEPING:
        return keeping, operands
    cotangent = jax.eval_shape(one.call, *operands)

    def both(cotangent: Array, *operands: Array) -> tuple[Array, Any]:
        value, pullback = jax.vjp(one.call, *operands)
        return value, pullback(cotangent)

    if case.program == BOTH:
        return both, (cotangent, *operands)
    structure: list[Any] = []

    def kept(*operands: Array) -> list[Array]:
        leaves, tree = jax.tree.flatten(jax.vjp(one.call, *operands)[1])
        structure.append(tree)
        return leaves

    leaves = jax.eval_shape(kept, *operands)

    def backward(cotangent: Array, leaves: list[Array]) -> Any:
        return jax.tree.unflatten(structure[0], leaves)(cotangent)

    return backward, (cotangent, leaves)


def _mlp(one: Function, case: Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """x + f(x w1) w2, or x + f(x w1, x v) w2; behind the gate of a gated MLP stands f itself or f * x v."""
    sizes, dtype = case.sizes, case.dtype
    is_gated, is_frozen = case.program in GATED, "frozen" in case.program

    def layer(x: Array, weights: Any) -> Array:
        up, down, learned = weights
        hidden = [x @ one for one in up]
        if is_gated and not one.partners:
            return x + (one.call(hidden[0], *learned) * hidden[1]) @ down
        return x + one.call(*hidden, *learned) @ down

    def loss(weights: Any, x: Array) -> Array:
        if "scanned" in case.program:
            x, _ = lax.scan(lambda x, one: (layer(x, one), None), x, weights)
        else:
            for weights_of_layer in weights:
                x = layer(x, weights_of_layer)
        return jnp.mean(x.astype(jnp.float32) ** 2)

    def weights(*stacked: int) -> tuple[list[Any], Any, list[Any]]:
        shape = functools.partial(jax.ShapeDtypeStruct, dtype=dtype)
        hidden = sizes.columns if is_gated else _channels(one, sizes.columns)
        up = [shape((*stacked, sizes.width, sizes.columns))] * (2 if is_gated else 1)
        return up, shape((*stacked, hidden, sizes.width)), _learned(one, *stacked)

    x = jax.ShapeDtypeStruct((sizes.rows, sizes.width), dtype)
    all_weights = (
        weights(sizes.layers) if "scanned" in case.program else [weights() for _ in range(sizes.layers)]
    )
    return jax.grad(loss, argnums=1 if is_frozen else 0), (all_weights, x)


def _convolution(one: Function, case: Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """x + conv(f(conv(x))), the gradient by both kernels."""
    batch, height, channels = case.sizes.image
    convolve = functools.partial(
        lax.conv_general_dilated,
        window_strides=(1, 1),
        padding="SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )

    def loss(weights: Any, x: Array) -> Array:
        first, second, learned = weights
        y = x + convolve(one.call(convolve(x, first), *learned), second)
        return jnp.mean(y.astype(jnp.float32) ** 2)

    shape = functools.partial(jax.ShapeDtypeStruct, dtype=case.dtype)
    hidden = _channels(one, channels)
    weights = (shape((3, 3, channels, channels)), shape((3, 3, hidden, channels)), _learned(one))
    return jax.grad(loss), (weights, shape((batch, height, height, channels)))


def _transformer(one: Function, case: Case) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Causal attention and an MLP, each behind a LayerNorm and added to the stream; the gradient by all."""
    batch, length, width, heads = case.sizes.sequences

    def loss(weights: Any, x: Array) -> Array:
        split = _normalised(x) @ weights["attend"]
        parts = jnp.split(split.reshape(batch, length, 3 * heads, width // heads), 3, axis=2)
        attended = jax.nn.dot_product_attention(*parts, is_causal=True)
        x = x + attended.reshape(x.shape) @ weights["join"]
        y = _normalised(x)
        hidden = one.call(*(y @ up for up in weights["up"]), *weights["learned"])
        x = x + hidden @ weights["down"]
        return jnp.mean(x.astype(jnp.float32) ** 2)

    shape = functools.partial(jax.ShapeDtypeStruct, dtype=case.dtype)
    weights = {
        "attend": shape((width, 3 * width)),
        "join": shape((width, width)),
        "up": [shape((width, 4 * width))] * (1 + one.partners),
        "down": shape((_channels(one, 4 * width), width)),
        "learned": _learned(one),
    }
    return jax.grad(loss), (weights, shape((batch, length, width)))


def _normalised(x: Array) -> Array:
    wide = x.astype(jnp.float32)
    centred = wide - wide.mean(-1, keepdims=True)
    return (centred * lax.rsqrt(jnp.mean(centred**2, -1, keepdims=True) + 1e-5)).astype(x.dtype)
