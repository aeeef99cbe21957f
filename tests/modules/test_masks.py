"""Weight decay leaves the parameters that shape a function alone."""

import doctest
from typing import Any

import flax
import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import optax

import jaxrelu
import jaxrelu.linen
import jaxrelu.masks
from tests.support.modules import (
    KEY,
    LEARNED,
    QUICK,
    X,
    filled,
    make,
)


class Everything(flax.nnx.Module):
    def __init__(self) -> None:
        learned = [make("nnx", name, num_features=6, **QUICK.get(name, {})) for name in LEARNED]
        self.learned = flax.nnx.List(learned)
        self.offsets = make("nnx", "SwiGLU", features=6, kernel_init=0.5)  # only parameters count by name


def check_shrunk(before: Any, after: Any) -> None:
    """Kernels and biases were decayed, and nothing else."""
    before, after = (dict(jax.tree.leaves_with_path(tree)) for tree in (before, after))
    assert before.keys() == after.keys()
    changes = {jax.tree_util.keystr(k): (before[k] != after[k]).any() for k in before if before[k].any()}
    assert len(changes) > 10
    for path, decayed in changes.items():
        assert decayed == ("kernel" in path or "bias" in path), path


def test_adamw_leaves_the_parameters_of_nnx_modules_alone() -> None:
    model = Everything()
    before = jax.tree.map(jnp.copy, flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param)))
    tx = optax.adamw(0.1, weight_decay=0.1, mask=jaxrelu.masks.weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer
        optimizer = flax.nnx.Optimizer(model, tx, wrt=flax.nnx.Param)
        zeros = jax.tree.map(jnp.zeros_like, flax.nnx.state(model, flax.nnx.Param))
        flax.nnx.jit(lambda model, optimizer, zeros: optimizer.update(model, zeros))(model, optimizer, zeros)
    check_shrunk(before, flax.nnx.to_pure_dict(flax.nnx.state(model, flax.nnx.Param)))


def test_adamw_leaves_the_parameters_of_linen_modules_alone() -> None:
    layers = [flax.linen.Dense(6), *(make("linen", name, num_features=6) for name in LEARNED)]
    layers += [jaxrelu.linen.SwiGLU(6), jaxrelu.linen.DyReLU()]
    before = filled(jax.eval_shape(flax.linen.Sequential(layers).init, KEY, X))
    tx = optax.adamw(0.1, weight_decay=0.1, mask=jaxrelu.masks.weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):
        updates, _ = jax.jit(tx.update)(jax.tree.map(jnp.zeros_like, before), tx.init(before), before)
        check_shrunk(before, optax.apply_updates(before, updates))


def test_the_mask_sees_through_boxes_and_lists() -> None:
    boxed = flax.linen.Partitioned(jnp.ones(2), ("channels",))
    mask = jaxrelu.masks.weight_decay_mask({"alpha": boxed, "kernel": boxed, "p1": [jnp.ones(2)]})
    assert jax.tree.leaves(mask) == [False, True, False]


def test_the_example_of_the_mask_runs() -> None:
    assert doctest.testmod(jaxrelu.masks).failed == 0
