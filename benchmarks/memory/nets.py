"""The net whose memory is measured: what follows the activation, what is recomputed, what is kept.

A layer is `follow(f(x w1)) w2`. Each `GradientWay` makes the gradient of the same layer keep something else.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

import jaxrelu
from references.by_hand import GATES

from ..core.subjects import PEER, Subject, subjects

POOL, DROPPED = 4, 0.1
KEYS = "rbg"  # keys whose bits are cheap: what threefry works with would be larger than what is kept
BITS = (2, 4, 8)  # of a rounded slope
LAYOUTS = ("unrolled", "scan")
# Memory is planned before the backend works: compiling takes a third less, and plans the same.
_NO_BACKEND_WORK: dict[str, str | bool] = {"xla_backend_optimization_level": "0"}


@dataclasses.dataclass(frozen=True)
class Net:
    """The sizes of the net; all is float32."""

    layers: int = 6
    rows: int = 512
    width: int = 128
    hidden: int = 1024

    @property
    def unit(self) -> int:
        """The bytes of one hidden tensor in every layer."""
        return self.layers * self.rows * self.hidden * 4


Follow = Callable[[Array, Array, Array], Array]  # of the value, the input of the activation, and a key


def _layer_norm(y: Array, h: Array, key: Array) -> Array:
    centred = y - y.mean(-1, keepdims=True)
    variance = jnp.mean(centred * centred, -1, keepdims=True)  # a square would keep twice its operand, too
    return centred * lax.rsqrt(variance + 1e-5)


def _dropout(y: Array, h: Array, key: Array) -> Array:
    """The mask is made anew from the key in the backward pass."""

    @jax.checkpoint
    def dropped(y: Array, key: Array) -> Array:
        return jnp.where(jax.random.bernoulli(key, 1 - DROPPED, y.shape), y / (1 - DROPPED), 0.0)

    return dropped(y, key)


def _pool(y: Array, h: Array, key: Array) -> Array:
    return y.reshape(*y.shape[:-1], -1, POOL).mean(-1)


PATTERNS: dict[str, Follow] = {
    "dot": lambda y, h, key: y,
    "frozen": lambda y, h, key: y,  # the layer stops the gradient at w2
    "residual": lambda y, h, key: y + h,
    "layernorm": _layer_norm,
    "dropout": _dropout,
    "pooling": _pool,
}


@dataclasses.dataclass(frozen=True)
class GradientWay:
    """One way to have the gradient of a layer.

    Attributes:
      name: as the tables show it.
      subject: the activation.
      recomputed: what `jax.checkpoint` is put around: `activation`, `activation and matmul` (and what
        is between), `block` with the policy `dots_saveable`, or `layer` with none; empty for nothing.
      approximate: whether the gradient is.
    """

    name: str
    subject: Subject
    recomputed: str = ""
    approximate: bool = False


def ways(row: jaxrelu.Variant) -> Iterator[GradientWay]:
    """`jax.nn`, `jax.checkpoint` of it at every level, and ours with everything that it can keep.

    Where `jax.nn` has no such function, `jax.checkpoint` is put around ours.
    """
    ours, *peers = subjects(row)
    if row.name in GATES:
        peers = [_gated_by_hand(row.name)]
    yield from (GradientWay(PEER, peer) for peer in peers)
    plain = (*peers, ours)[0]
    yield GradientWay("remat act", plain, "activation")
    yield GradientWay("remat act+dot", plain, "activation and matmul")
    yield GradientWay("dots_saveable", plain, "block")
    yield GradientWay("remat layer", plain, "layer")
    for residual in row.residuals:
        yield GradientWay(f"ours {residual}", _keeping(row, residual=residual))
    for bits in BITS if _is_quantizable(row) else ():
        yield GradientWay(f"ours {bits} bits", _keeping(row, bits=bits), approximate=True)


def _keeping(row: jaxrelu.Variant, **residual: Any) -> Subject:
    function = jaxrelu.with_residual(row.function, **residual)
    return subjects(dataclasses.replace(row, function=function, peer=None))[0]


def _is_quantizable(row: jaxrelu.Variant) -> bool:
    """Whether it is a smooth function of bounded slope, with nothing learned."""
    if row.residuals[0] == "mask" or row.example or row.partners:
        return False
    try:
        jax.eval_shape(_keeping(row, bits=BITS[0]).function, jax.ShapeDtypeStruct((8, 8), jnp.float32))
    except (TypeError, ValueError):  # how `with_residual` says so
        return False
    return True


def _gated_by_hand(name: str) -> Subject:
    gate = GATES[name]
    return Subject(PEER, lambda u, v: gate(u) * v, partners=1)


def refusal(subject: Subject, pattern: str, net: Net) -> str | None:
    """Why there is no such net, if there is none."""
    h = jax.ShapeDtypeStruct((net.rows, net.hidden), jnp.float32)
    y = jax.eval_shape(subject.function, *subject.operands(h))
    if pattern == "residual" and y.shape != h.shape:
        return f"a residual addition needs a value of the shape of x: it is {y.shape} of {h.shape}"
    return None


def temporary_bytes(way: GradientWay, pattern: str, layout: str, net: Net) -> int:
    """The temporary memory of the gradient of the net's mean square by all weights, as XLA plans it.

    Nothing is run. The gradient of frozen weights is zeros, not left out, so that outputs are the same.
    """
    x = jax.ShapeDtypeStruct((net.rows, net.width), jnp.float32)
    weights, keys = _shapes(way.subject, pattern, net)
    layer = _layer(way, pattern)

    def loss(weights: Any, keys: Array, x: Array) -> Array:
        if layout == "scan":
            x, _ = lax.scan(lambda x, one: (layer(x, *one), None), x, (weights, keys))
        else:
            for i in range(net.layers):
                x = layer(x, *jax.tree.map(lambda of_all: of_all[i], (weights, keys)))  # noqa: B023
        return jnp.mean(x**2)

    compiled = jax.jit(jax.grad(loss)).lower(weights, keys, x).compile(_NO_BACKEND_WORK)
    analysis = compiled.memory_analysis()
    if analysis is None:
        raise NotImplementedError("this device does not say what memory its programs need")
    return analysis.temp_size_in_bytes


def _layer(way: GradientWay, pattern: str) -> Callable[..., Array]:
    function = way.subject.function
    if way.recomputed == "activation":
        function = jax.checkpoint(function)

    def end(weights: Any, key: Array, h: Array, *partners: Array) -> Array:
        w2 = lax.stop_gradient(weights["w2"]) if pattern == "frozen" else weights["w2"]
        return PATTERNS[pattern](function(h, *partners, *weights["learned"]), h, key) @ w2

    if way.recomputed == "activation and matmul":
        end = jax.checkpoint(end)

    def layer(x: Array, weights: Any, key: Array) -> Array:
        return end(weights, key, *(x @ w1 for w1 in weights["w1"]))

    if way.recomputed == "block":
        return jax.checkpoint(layer, policy=jax.checkpoint_policies.dots_saveable)
    return jax.checkpoint(layer) if way.recomputed == "layer" else layer


def _shapes(subject: Subject, pattern: str, net: Net) -> tuple[Any, Any]:
    """The weights and the keys of all layers, stacked."""
    h = jax.ShapeDtypeStruct((net.rows, net.hidden), jnp.float32)
    y = jax.eval_shape(subject.function, *subject.operands(h))
    keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0, impl=KEYS), net.layers))
    followed = jax.eval_shape(lambda y, h, keys: PATTERNS[pattern](y, h, keys[0]), y, h, keys)
    shapes = {
        "w1": [(net.width, net.hidden)] * (1 + subject.partners),
        "w2": (followed.shape[-1], net.width),
        "learned": [parameter.shape for parameter in subject.learned],
    }
    weights = jax.tree.map(
        lambda shape: jax.ShapeDtypeStruct((net.layers, *shape), jnp.float32),
        shapes,
        is_leaf=lambda node: isinstance(node, tuple),
    )
    return weights, keys
