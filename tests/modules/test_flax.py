"""Every module under every transformation of Flax: the same output and gradients as without it."""

import copy
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from jaxrelu.masks import weight_decay_mask
from tests.support.modules import GATED, IMAGES, KEY, LEARNED, NEEDED, X, make

ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: {"num_features": 6} for name in LEARNED},
    **{name: NEEDED[name] for name in GATED},
    "FReLU": {"num_features": 6, "use_running_average": True},
    "DyReLU": {"num_features": 6},
    "RReLU": {"deterministic": True},
    "CReLU": {},
    "Maxout": {"num_pieces": 2},
    "Activation": {"function": "gelu", "approximate": False},
}
EVERY_MODULE = {**ARGUMENTS, "FeedForward": NEEDED["FeedForward"]}
WIDER = ("CReLU", "Maxout")  # cannot follow one another
WITH_PARAMETERS = [*LEARNED, *GATED, "FReLU", "DyReLU"]


def model_of(name: str, seed: int = 0) -> Any:
    rngs = {} if name in ("CReLU", "Maxout", "Activation") else {"rngs": nnx.Rngs(seed)}
    return make("nnx", name, **EVERY_MODULE[name], **rngs)


def linen_of(name: str, kind: Any = None) -> Any:
    return make("linen", name, **EVERY_MODULE[name])


def input_of(name: str) -> jax.Array:
    return IMAGES if name in ("FReLU", "DyReLU") else X


def same(got: Any, want: Any) -> None:
    """XLA may contract a product and a sum in one program and not in another."""
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), got, want)


def gradients(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """By the parameters and by x, each element of the output weighted."""

    def loss(model: Any, x: Any) -> Any:
        y = call(model, x)
        return (y * jnp.cos(jnp.arange(y.size, dtype=y.dtype)).reshape(y.shape)).sum()

    return nnx.grad(loss, argnums=(0, 1))


def plain(model: Any, x: Any) -> Any:
    return model(x)


WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "split and merge": lambda model, x: nnx.merge(*nnx.split(model))(x),
    "clone": lambda model, x: nnx.clone(model)(x),
    "deepcopy": lambda model, x: copy.deepcopy(model)(x),
    "jit": nnx.jit(plain),
    "remat": nnx.remat(plain),
    "remat in jit": nnx.jit(nnx.remat(plain)),
    "cond": lambda model, x: nnx.cond(x.sum() > -99, plain, lambda m, x: 2 * m(x), model, x),
    "vmap": lambda model, x: nnx.vmap(plain, in_axes=(None, 0))(model, x[None])[0],
}


DIFFERENTIATED = [WAYS[way] for way in ("split and merge", "jit", "remat", "cond", "vmap")]


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("way", WAYS)
def test_nnx(name: str, way: str) -> None:
    model, x = model_of(name), input_of(name)
    same(WAYS[way](model, x), model(x))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_gradients_in_nnx(name: str) -> None:
    model, x = model_of(name), input_of(name)
    want, *others = nnx.jit(lambda model, x: [gradients(way)(model, x) for way in (plain, *DIFFERENTIATED)])(
        model, x
    )
    for other in others:
        same(other, want)


def stacked(name: str) -> tuple[Any, list[Any]]:
    """Two models, and both as one with an axis in front."""
    models = [model_of(name, seed) for seed in (0, 1)]
    graph = nnx.graphdef(models[0])
    states = [nnx.state(model) for model in models]
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *states)
    return nnx.merge(graph, states), models


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_an_ensemble_in_nnx(name: str) -> None:
    ensemble, models = stacked(name)
    x = input_of(name)
    same(nnx.vmap(plain, in_axes=(0, None))(ensemble, x), jnp.stack([model(x) for model in models]))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_layers_scanned_in_nnx(name: str) -> None:
    layers, (first, second) = stacked(name)
    x = input_of(name)
    scanned = nnx.scan(lambda x, layer: layer(x), in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)(x, layers)
    same(scanned, second(first(x)))


@pytest.mark.parametrize("name", EVERY_MODULE)
def test_shapes_alone_copies_and_pickles_in_nnx(name: str) -> None:
    model, x = model_of(name), input_of(name)
    abstract = nnx.eval_shape(lambda: model_of(name))
    shapes = jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), nnx.state(abstract, nnx.Param))
    assert shapes == jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), nnx.state(model, nnx.Param))
    for another in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        same(another(x), model(x))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_an_optimizer_of_nnx_with_the_mask(name: str) -> None:
    """Without a gradient what shapes a function stays; kernels and the scale of a normalisation decay."""
    model = model_of(name)
    before = nnx.to_pure_dict(nnx.state(model, nnx.Param))
    transformation = optax.adamw(1e-2, weight_decay=1.0, mask=weight_decay_mask)
    with jax.numpy_dtype_promotion("standard"):  # of optax
        optimizer = nnx.Optimizer(model, transformation, wrt=nnx.Param)
        optimizer.update(model, jax.tree.map(jnp.zeros_like, nnx.state(model, nnx.Param)))
    after = nnx.to_pure_dict(nnx.state(model, nnx.Param))
    for (path, old), new in zip(jax.tree.leaves_with_path(before), jax.tree.leaves(after), strict=True):
        decayed = bool((old != new).any())
        assert decayed == (path[-1].key in ("kernel", "scale") and bool((old != 0).any()))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_a_checkpoint_of_one_interface_serves_the_other(name: str, tmp_path: Path) -> None:
    x, linen = input_of(name), linen_of(name)
    variables = linen.init(KEY, x)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "linen", variables["params"])
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "linen")
    model = model_of(name)
    state = nnx.state(model, nnx.Param)
    nnx.replace_by_pure_dict(state, restored)
    nnx.update(model, state)
    same(model(x), linen.apply(variables, x))


@pytest.mark.parametrize("name", WITH_PARAMETERS)  # the bridge gives rngs to every module
def test_the_bridge(name: str) -> None:
    x = input_of(name)
    ours = nnx.bridge.to_linen(type(model_of(name)), **_for_linen(name))
    variables = ours.init(KEY, x)
    assert cast(Any, ours.apply(variables, x)).shape == model_of(name)(x).shape
    theirs = nnx.bridge.ToNNX(linen_of(name), rngs=nnx.Rngs(0)).lazy_init(x)
    assert theirs(x).shape == model_of(name)(x).shape


def _for_linen(name: str) -> dict[str, Any]:
    return {"in_features": 6, **ARGUMENTS[name]} if name in GATED else ARGUMENTS[name]


# -- Linen -----------------------------------------------------------------------------------------


class OneModule(nn.Module):
    """One module, for the lifted transformations, which take a class."""

    name_of: str

    @nn.compact
    def __call__(self, x: Any) -> Any:
        return linen_of(self.name_of)(x)


class Scanned(OneModule):
    """What nn.scan takes: a carry and no more."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        return linen_of(self.name_of)(x), None


LIFTED: dict[str, Callable[[Any], Any]] = {"jit": nn.jit, "remat": nn.remat, "checkpoint": nn.checkpoint}


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("way", LIFTED)
def test_linen(name: str, way: str) -> None:
    x = input_of(name)
    layer, lifted = OneModule(name), LIFTED[way](OneModule)(name)
    variables = layer.init(KEY, x)

    def both(model: Any) -> Any:
        y, pullback = jax.vjp(lambda v, x: model.apply({**variables, **v}, x), _params(variables), x)
        return y, pullback(jnp.cos(y))

    same(*jax.jit(lambda: (both(lifted), both(layer)))())


def _params(variables: Any) -> Any:
    return {k: v for k, v in variables.items() if k == "params"}


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_layers_scanned_and_an_ensemble_in_linen(name: str) -> None:
    x = input_of(name)
    axes: dict[str, Any] = {"variable_axes": {"params": 0, "batch_stats": 0}, "split_rngs": {"params": True}}
    layers = nn.scan(Scanned, **axes, length=2)(name)
    variables = layers.init(KEY, x)
    parts = [jax.tree.map(lambda leaf, i=i: leaf[i], variables) for i in range(2)]
    want = OneModule(name).apply(parts[1], OneModule(name).apply(parts[0], x))
    same(layers.apply(variables, x)[0], want)
    ensemble = nn.vmap(OneModule, **axes, in_axes=cast(Any, None), axis_size=2)(name)
    same(
        ensemble.apply(variables, x), np.stack([cast(Any, OneModule(name).apply(part, x)) for part in parts])
    )


@pytest.mark.parametrize("name", EVERY_MODULE)
def test_shapes_alone_copies_and_pickles_in_linen(name: str) -> None:
    x, model = input_of(name), linen_of(name)
    variables = model.init(KEY, x)
    shapes = jax.eval_shape(model.init, KEY, x)
    assert jax.tree.map(lambda leaf: leaf.shape, shapes) == jax.tree.map(lambda leaf: leaf.shape, variables)
    for another in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert another == model
        assert hash(another) == hash(model)
        same(another.init(KEY, x), variables)  # drawn by the same initializers
        same(another.apply(variables, x), model.apply(variables, x))


# -- a user's own subclass --------------------------------------------------------------------------


class Narrow(jaxrelu.nnx.SwiGLU):
    """A unit with arguments and words of its own."""

    scale: float

    def __init__(self, width: int, *, rngs: nnx.Rngs):
        super().__init__(width, 4, rngs=rngs)
        self.scale = 2.0

    def __call__(self, x: Any) -> jax.Array:
        return self.scale * super().__call__(x)


class Scaled(jaxrelu.linen.PELU):
    """A function with an argument of its own."""

    scale: float = 1.0

    @nn.compact
    def __call__(self, x: Any) -> jax.Array:
        return self.scale * super().__call__(x)


def test_a_subclass_keeps_its_own_arguments_and_words() -> None:
    assert list(inspect.signature(Narrow).parameters) == ["width", "rngs"]
    assert [inspect.getdoc(cls) for cls in (Narrow, Scaled)] == [Narrow.__doc__, Scaled.__doc__]
    assert Narrow(6, rngs=nnx.Rngs(0))(X).shape == (4, 4)
    got, _ = Scaled(scale=3.0, num_features=6).init_with_output(KEY, X)
    np.testing.assert_array_equal(got, 3.0 * jaxrelu.pelu(X))
