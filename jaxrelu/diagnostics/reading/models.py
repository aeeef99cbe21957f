"""Any model as parameters and a function that builds it again from them.

A model is what can be called: an NNX module, a bound Linen module, a `functools.partial` of a function and
its parameters, a pytree that can be called, as Equinox's are, or a plain function, which has no names to
show. Flax is not imported here: a model of Flax exists only where it has been.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

# What is left out of the names of layers: the collection of Linen, and the field of an NNX variable.
_OUTER, _INNER = ("params",), ("value", "raw_value")


class Model(NamedTuple):
    """The leaves of a model, their paths, and the way back."""

    leaves: list[Any]
    paths: list[tuple[str, ...]]
    separator: str
    rebuild: Callable[[list[Any]], Callable[..., Any]]


def opened(function: str, model: Any) -> Model:
    """The model as leaves and a function that builds it from them; errors name the public function."""
    if (nnx := _flax("nnx", model)) is not None:
        graph, state = nnx.split(model)
        return _of_tree(state, lambda state: nnx.merge(graph, state), ".")
    if _flax("linen", model) is not None:
        if model.scope is None:
            raise TypeError(
                f"{function}: model must be a bound Linen module, model.bind(variables), got "
                f"{type(model).__name__} without variables"
            )
        module, variables = model.unbind()
        mutable = model.scope.mutable  # what a layer updates, such as statistics of the batch, is dropped
        rngs = {name: rng.as_jax_rng() for name, rng in model.scope.rngs.items()}
        return _of_tree(variables, lambda variables: module.bind(variables, rngs=rngs, mutable=mutable), "/")
    if isinstance(model, functools.partial):
        inner = model.func
        tree = (model.args, model.keywords)
        of_arguments = _of_tree(tree, lambda tree: functools.partial(inner, *tree[0], **tree[1]), "/")
        # Of a path only what is inside an argument, or else the argument's place.
        return of_arguments._replace(paths=[path[2:] or path[1:] or path for path in of_arguments.paths])
    if not callable(model) or isinstance(model, type):
        raise TypeError(
            f"{function}: model must be something to call: an NNX module, a bound Linen module "
            "(model.bind(variables)), a functools.partial(function, parameters) or a function, got "
            f"{_kind(model)}"
        )
    return _of_tree(model, lambda tree: tree, ".")


def _kind(model: Any) -> str:
    return f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__


def layer_name(model: Model, place: int) -> str:
    """The path of a parameter but for its own name; all of it where there is no more."""
    path = model.paths[place]
    return model.separator.join(path[:-1] or path)


def _flax(package: str, model: Any) -> Any:
    module = sys.modules.get(f"flax.{package}")
    return module if module is not None and isinstance(model, module.Module) else None


def _of_tree(tree: Any, build: Callable[[Any], Any], separator: str) -> Model:
    paths, structure = jax.tree_util.tree_flatten_with_path(tree)
    arrays = [isinstance(leaf, (jax.Array, np.ndarray)) for _, leaf in paths]
    fixed = [None if array else leaf for array, (_, leaf) in zip(arrays, paths, strict=True)]

    def rebuild(leaves: list[Any]) -> Any:
        remaining = iter(leaves)
        return build(
            structure.unflatten(next(remaining) if a else f for a, f in zip(arrays, fixed, strict=True))
        )

    chosen = [entry for array, entry in zip(arrays, paths, strict=True) if array]
    return Model([leaf for _, leaf in chosen], [path_of(keys) for keys, _ in chosen], separator, rebuild)


def path_of(keys: tuple[Any, ...]) -> tuple[str, ...]:
    words = [jax.tree_util.keystr((key,), simple=True) for key in keys]
    while len(words) > 1 and words[-1] in _INNER:
        words.pop()
    if "params" in words[:-1]:
        words = words[words.index("params") + 1 :]
    return tuple(words)
