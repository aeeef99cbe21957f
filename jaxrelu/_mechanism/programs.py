"""A whole program in forward mode: it is traced, and each of our functions in it is replaced by its twin."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import numpy as np
from jax import Array

Results = list[Any]


def in_forward_mode(program: Callable[..., Any]) -> Callable[..., Any]:
    """The program with a `custom_jvp` in the place of every `custom_vjp` of ours.

    Arrays among the arguments are traced; everything else is passed as it is.
    """

    def called(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = jax.tree.flatten((args, kwargs))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, (Array, np.ndarray))]

        def of_arrays(*arrays: Array) -> Any:
            filled = list(leaves)
            for place, array in zip(places, arrays, strict=True):
                filled[place] = array
            args, kwargs = jax.tree.unflatten(structure, filled)
            return program(*args, **kwargs)

        arrays = [leaves[place] for place in places]
        traced, shapes = jax.make_jaxpr(of_arrays, return_shape=True)(*arrays)
        return jax.tree.unflatten(jax.tree.structure(shapes), _evaluated(traced, arrays))

    return called


def _evaluated(closed: Any, arguments: list[Any]) -> Results:
    """The results of a traced program, equation by equation."""
    from jax.extend.core import Literal  # the import takes as long as all of jaxrelu

    jaxpr = closed.jaxpr
    known = dict(zip(jaxpr.constvars, closed.consts, strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(variable: Any) -> Any:
        return variable.val if isinstance(variable, Literal) else known[variable]

    for equation in jaxpr.eqns:
        results = _results(jaxpr, equation, [read(variable) for variable in equation.invars])
        known |= dict(zip(equation.outvars, results, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _results(jaxpr: Any, equation: Any, operands: list[Any]) -> Results:
    if (twin := _twin(equation)) is not None:
        return [twin(*operands[equation.params.get("num_consts", 0) :])]
    params = {name: _converted(value) for name, value in equation.params.items()}
    if all(params[name] is value for name, value in equation.params.items()):
        return alone(jaxpr, equation, operands)
    return alone(jaxpr, equation.replace(params=params), operands)


def _twin(equation: Any) -> Callable[..., Array] | None:
    """The twin of the function that an equation calls, if it is ours."""
    if equation.primitive.name != "custom_vjp_call":
        return None
    return getattr(getattr(equation.params["bwd"], "f", None), "twin", None)


def _converted(value: Any) -> Any:
    """A parameter of an equation; programs among parameters, as of scan and cond, are converted, too."""
    from jax.extend.core import ClosedJaxpr, Jaxpr

    if isinstance(value, (tuple, list)):
        converted = [_converted(one) for one in value]
        is_same = all(one is other for one, other in zip(converted, value, strict=True))
        return value if is_same else type(value)(converted)
    if isinstance(value, ClosedJaxpr):
        return _retraced(value) if _has_ours(value.jaxpr) else value
    if isinstance(value, Jaxpr) and not value.constvars:
        return _retraced(ClosedJaxpr(value, ())).jaxpr if _has_ours(value) else value
    return value


def _has_ours(jaxpr: Any) -> bool:
    return any(
        _twin(equation) is not None or any(_has_ours(inner) for inner in _inner(equation.params.values()))
        for equation in jaxpr.eqns
    )


def _inner(values: Iterable[Any]) -> Iterator[Any]:
    """The programs among parameters of equations."""
    from jax.extend.core import ClosedJaxpr, Jaxpr

    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _inner(value)
        elif isinstance(value, ClosedJaxpr):
            yield value.jaxpr
        elif isinstance(value, Jaxpr):
            yield value


def _retraced(closed: Any) -> Any:
    return jax.make_jaxpr(lambda *arguments: _evaluated(closed, list(arguments)))(*closed.in_avals)


def alone(jaxpr: Any, equation: Any, operands: list[Any]) -> Results:
    """The results of one equation, by a jaxpr of nothing else: JAX's own evaluation keeps custom rules."""
    from jax.extend.core import ClosedJaxpr, DropVar, Literal, jaxpr_as_fun

    given = {
        variable: value
        for variable, value in zip(equation.invars, operands, strict=True)
        if not isinstance(variable, Literal)
    }
    wanted = [variable for variable in equation.outvars if not isinstance(variable, DropVar)]
    one = jaxpr.replace(eqns=[equation], invars=list(given), constvars=[], outvars=wanted)
    results = iter(jaxpr_as_fun(ClosedJaxpr(one, ()))(*given.values()))
    return [None if isinstance(variable, DropVar) else next(results) for variable in equation.outvars]
