"""A function as a training step runs it: a forward program, and later a backward program.

What the forward program hands over is what `jax.vjp` keeps, but for two things that a training step would
not store either, since it is compiled as a whole: tensors that the step has anyway (the input, the output,
parameters), and constants, such as the array of zeros that `jax.nn.relu` lists.
"""

from collections.abc import Callable
from typing import Any

import jax
from jax import Array


class Step:
    """The two halves of value and gradient.

    Args:
      function: of `operands`, differentiated by all of them.
      operands: their shapes.
    """

    def __init__(self, function: Callable[..., Array], *operands: Any) -> None:
        self._function = function
        self._operands = operands
        self._known: list[int | None] = []
        self._tree: Any = None
        jax.eval_shape(self._inspect, *operands)
        self._constant = [
            known is None and self._is_constant(place) for place, known in enumerate(self._known)
        ]

    def forward(self, *operands: Array) -> tuple[Array, list[Array]]:
        """The value, and what has to be stored beside it."""
        value, leaves = self._leaves(*operands)
        chosen = zip(leaves, self._known, self._constant, strict=True)
        return value, [leaf for leaf, known, constant in chosen if known is None and not constant]

    def backward(
        self, operands: tuple[Array, ...], value: Array, stored: list[Array], cotangent: Array
    ) -> tuple[Array, ...]:
        """The gradient by each operand."""
        _, fresh = self._leaves(*operands)  # only constants are taken from here: XLA drops the rest
        rest = iter(stored)
        leaves = [
            constant_leaf if constant else next(rest) if known is None else (*operands, value)[known]
            for constant_leaf, known, constant in zip(fresh, self._known, self._constant, strict=True)
        ]
        return jax.tree.unflatten(self._tree, leaves)(cotangent)

    def _leaves(self, *operands: Array) -> tuple[Array, list[Array]]:
        value, pullback = jax.vjp(self._function, *operands)
        return value, jax.tree.leaves(pullback)

    def _inspect(self, *operands: Array) -> Array:
        """Notes which leaves are tensors that are there anyway, by their identity as tracers."""
        value, pullback = jax.vjp(self._function, *operands)
        leaves, self._tree = jax.tree.flatten(pullback)
        there = [*operands, value]
        self._known = [next((i for i, t in enumerate(there) if t is leaf), None) for leaf in leaves]
        return value

    def _is_constant(self, place: int) -> bool:
        """Whether a leaf depends on no operand: then `jit` leaves all arguments out of its program."""
        lowered = jax.jit(lambda *operands: self._leaves(*operands)[1][place]).lower(*self._operands)
        return "@main()" in lowered.as_text()


def fused(function: Callable[..., Array], *operands: Array) -> tuple[Array, tuple[Array, ...]]:
    """Value and gradient in one program; the last operand is the cotangent."""
    *primals, cotangent = operands
    value, pullback = jax.vjp(function, *primals)
    return value, pullback(cotangent)
