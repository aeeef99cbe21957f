"""FReLU and DyReLU against their formulas, and in NNX as in Linen."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
import jaxrelu.linen
from tests.support.modules import (
    IMAGES,
    Bound,
    X,
    assert_same,
    bound,
    evaluated,
    filled,
    make,
    parameters,
)

DTYPES = [("float32", "float32"), ("bfloat16", "float32"), ("float32", "bfloat16")]


def frelu_formula(x: jax.Array, values: Any) -> jax.Array:
    """max(x, normalised depthwise convolution), the window written out."""
    kernel = values["condition"]["kernel"]
    padded = jnp.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = [padded[:, i : i + x.shape[1], j : j + x.shape[2]] for i in range(3) for j in range(3)]
    condition = sum(w * k for w, k in zip(windows, kernel.reshape(9, 1, 1, 1, -1), strict=True))
    mean, variance = (f(condition, (0, 1, 2), keepdims=True) for f in (jnp.mean, jnp.var))
    scale, bias = (values["norm"][k].reshape(1, 1, 1, -1) for k in ("scale", "bias"))
    return jnp.maximum(x, (condition - mean) / jnp.sqrt(variance + 1e-5) * scale + bias)


def dyrelu_formula(variant: str, lines: int, x: jax.Array, values: Any) -> jax.Array:
    hidden = jnp.maximum(x.mean((1, 2)) @ values["reduce"]["kernel"] + values["reduce"]["bias"][None], 0)
    theta = 2 * jax.nn.sigmoid(hidden @ values["expand"]["kernel"] + values["expand"]["bias"][None]) - 1
    theta = theta.reshape(len(x), 2, lines, 1, 1, 6 if variant == "B" else 1)
    a, b = theta[:, 0] + jnp.eye(lines)[0].reshape(1, lines, 1, 1, 1), 0.5 * theta[:, 1]
    return (a * x[:, None] + b).max(1)


SPATIAL: dict[str, tuple[str, dict[str, Any], Callable[..., jax.Array]]] = {
    "FReLU": ("FReLU", {}, frelu_formula),
    "DyReLU, A": ("DyReLU", {"variant": "A"}, functools.partial(dyrelu_formula, "A", 2)),
    "DyReLU, B": ("DyReLU", {"variant": "B"}, functools.partial(dyrelu_formula, "B", 2)),
    "DyReLU, three lines": ("DyReLU", {"num_pieces": 3}, functools.partial(dyrelu_formula, "B", 3)),
}


@pytest.mark.parametrize("case", SPATIAL)
def test_a_module_of_images_is_its_formula(case: str) -> None:
    name, arguments, formula = SPATIAL[case]
    arguments = arguments | {"num_features": 6} | ({"reduction": 3} if name == "DyReLU" else {})
    values = filled(parameters("linen", name, IMAGES, **arguments))
    want = evaluated(Bound(formula, values), IMAGES)
    got = evaluated(bound("linen", name, values, **arguments), IMAGES)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5), got, want)


@pytest.mark.parametrize("case", ["FReLU", "DyReLU, A", "DyReLU, B"])
@pytest.mark.parametrize(("dtype", "param_dtype"), DTYPES)
def test_a_module_of_images_is_the_same_in_both(case: str, dtype: str, param_dtype: str) -> None:
    name, arguments, _ = SPATIAL[case]
    arguments = arguments | {"num_features": 6, "param_dtype": param_dtype}
    x = IMAGES.astype(dtype)
    values = filled(parameters("linen", name, x, **arguments))
    want = evaluated(bound("linen", name, values, **arguments), x)
    assert want["y"].dtype == want["x"].dtype == dtype
    assert_same(evaluated(bound("nnx", name, values, **arguments), x), want)


def test_frelu_trains_and_evaluates() -> None:
    linen = jaxrelu.linen.FReLU()
    values = filled(parameters("linen", "FReLU", IMAGES))
    statistics = {"norm": {"mean": jnp.zeros(6), "var": jnp.ones(6)}}
    variables = {"params": values, "batch_stats": statistics}
    _, updated = linen.apply(variables, IMAGES, use_running_average=False, mutable=["batch_stats"])
    evaluation = linen.apply({**variables, **updated}, IMAGES, use_running_average=True)

    nnx = make("nnx", "FReLU", num_features=6, kernel_init=0.0)
    nnx.condition.kernel[...] = values["condition"]["kernel"]
    nnx.norm.scale[...], nnx.norm.bias[...] = values["norm"]["scale"], values["norm"]["bias"]
    nnx(IMAGES)
    for _ in range(2):  # evaluation leaves the statistics as they are
        for name, statistic in updated["batch_stats"]["norm"].items():
            np.testing.assert_array_equal(getattr(nnx.norm, name)[...], statistic)
        nnx.eval()
        np.testing.assert_array_equal(nnx(IMAGES), evaluation)
    assert (nnx(IMAGES, use_running_average=False) != evaluation).any()


def test_frelu_on_sequences_and_with_nan() -> None:
    model = make("nnx", "FReLU", num_features=6, kernel_size=(5,), kernel_init=0.5)
    model.eval()
    assert model(IMAGES[0]).shape == (4, 5, 6)
    y = model(IMAGES[0].at[0, 0, 0].set(jnp.nan))
    assert jnp.isnan(y[0, :3, 0]).all()
    assert jnp.isfinite(y[1:]).all()


def test_dyrelu_without_dynamics_is_relu() -> None:
    model = make("nnx", "DyReLU", num_features=6, kernel_init=0.0)
    for x in (X, IMAGES):
        np.testing.assert_array_equal(model(x), jaxrelu.relu(x))
    got, want = (jax.jit(jax.grad(lambda x, f=f: f(x).sum()))(X) for f in (model, jaxrelu.relu))
    np.testing.assert_array_equal(got, want)


def test_dyrelu_keeps_its_input_in_its_own_dtype() -> None:
    values = filled(parameters("linen", "DyReLU", IMAGES, reduction=3))
    dyrelu = bound("linen", "DyReLU", values, reduction=3)
    _, pullback = jax.vjp(dyrelu.function, IMAGES.astype("bfloat16"), values)
    kept = [leaf for leaf in jax.tree.leaves(pullback) if leaf.size >= IMAGES.size]
    assert [(leaf.shape, leaf.dtype) for leaf in kept] == [(IMAGES.shape, jnp.bfloat16)]
