"""Which equations of a jaxpr are activations.

Every function of jaxrelu, and most of `jax.nn`, is a named call. Beside these the bare forms are known
that people write: `jnp.maximum(x, 0)`, `jnp.tanh`, and the gelu of `jax.nn`, which JAX writes out.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jax import Array
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from ..._catalogue.lookup import catalogue

# Names of jax.nn that the catalogue may not have.
_NAMES_OF_JAX_NN = [
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "celu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "mish",
    "softplus",
    "squareplus",
    "squared_relu",
    "hard_tanh",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "soft_sign",
    "sparse_plus",
    "sigmoid",
    "log_sigmoid",
]
_CALLS = ("jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint")
_CUSTOM = ("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr")
_BARE = {"tanh": ("tanh", jax.numpy.tanh), "logistic": ("sigmoid", jax.nn.sigmoid)}


class ActivationEquation(NamedTuple):
    """An equation that is an activation: what it is called, its function, and the variable that it takes."""

    name: str
    apply: Callable[..., Array]
    operands: list[Any]


def names_of(functions: Sequence[str]) -> frozenset[str]:
    """The names looked for: the catalogue's, those of `jax.nn`, and the caller's own."""
    own = {getattr(row.function, "__name__", name) for name, row in catalogue().items()}
    return frozenset({*own, *catalogue(), *_NAMES_OF_JAX_NN, *functions})


def body_of(equation: Any) -> ClosedJaxpr | None:
    """The jaxpr of a call, or None; of a custom rule too, whose value is that of its body."""
    if equation.primitive.name not in (*_CALLS, *_CUSTOM):
        return None
    for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if key in equation.params:
            body = equation.params[key]
            return body if isinstance(body, ClosedJaxpr) else ClosedJaxpr(body, ())
    return None


def activations(jaxpr: Any, names: frozenset[str]) -> dict[int, ActivationEquation]:
    """The activations of a jaxpr, those in its calls aside, by their place among its equations."""
    written_out, inside = _written_out_gelus(jaxpr)
    by_place = {}
    for place, equation in enumerate(jaxpr.eqns):
        if place in written_out:
            by_place[place] = written_out[place]
        elif place not in inside and (one := _activation(equation, names)) is not None:
            by_place[place] = one
    return by_place


def count(jaxpr: Any, names: frozenset[str]) -> int:
    """How many activations a jaxpr has, in its calls too."""
    own = activations(jaxpr, names)
    return sum(
        1 if place in own else _count_inside(equation, names) for place, equation in enumerate(jaxpr.eqns)
    )


def _count_inside(equation: Any, names: frozenset[str]) -> int:
    body = equation.params["jaxpr"] if equation.primitive.name == "scan" else body_of(equation)
    return count(body.jaxpr, names) if body is not None else 0


def _activation(equation: Any, names: frozenset[str]) -> ActivationEquation | None:
    primitive = equation.primitive.name
    if len(equation.outvars) != 1:
        return None
    name, body = _called(equation), body_of(equation)
    if name in names and name is not None and body is not None:
        call = jaxpr_as_fun(body)
        return ActivationEquation(name, lambda *operands: call(*operands)[0], list(equation.invars))
    if primitive in _BARE and equation.outvars[0].aval.ndim:
        name, function = _BARE[primitive]
        return ActivationEquation(name, function, list(equation.invars))
    if primitive == "max" and (x := _above_zero(equation)) is not None:
        return ActivationEquation("relu", _maximum, [x])
    return None


def _called(equation: Any) -> str | None:
    """The name of a named call, or of the only call inside a custom rule, as `jax.nn.relu` is written."""
    if equation.primitive.name in ("jit", "pjit"):
        return equation.params["name"]
    if equation.primitive.name in _CUSTOM and (body := body_of(equation)) is not None:
        inner = body.jaxpr.eqns
        return _called(inner[0]) if len(inner) == 1 else None
    return None


def _maximum(x: Array) -> Array:
    return jax.numpy.maximum(x, 0)


def _above_zero(equation: Any) -> Any:
    """The x of max(x, 0)."""
    for zero, x in (equation.invars, equation.invars[::-1]):
        if isinstance(zero, Literal) and not isinstance(x, Literal) and zero.val == 0 and x.aval.ndim:
            return x
    return None


def _written_out_gelus(jaxpr: Any) -> tuple[dict[int, ActivationEquation], set[int]]:
    """The last equation of every gelu of `jax.nn`, and the tanh or erfc in the middle of each.

    One ends in x (0.5 (1 + tanh(0.798 (x + 0.0447 x^3)))), the other in (0.5 x) erfc(0.707 -x).
    """
    gelus, inside = {}, set()
    makers = {out: equation for equation in jaxpr.eqns for out in equation.outvars}
    for place, equation in enumerate(jaxpr.eqns):
        kind = equation.primitive.name
        if kind in ("tanh", "erfc"):
            x = _origin(equation.invars[0], makers, kind)
            last = _consumer(jaxpr, place, steps=3 if kind == "tanh" else 1)
            if x is not None and last is not None:
                function = functools.partial(jax.nn.gelu, approximate=kind == "tanh")
                gelus[last] = ActivationEquation("gelu", function, [x])
                inside.add(place)
    return gelus, inside


def _origin(variable: Any, makers: dict[Any, Any], kind: str) -> Any:
    """The x in the argument of the tanh or erfc of a gelu, or None."""
    scaled = _made_by("mul", variable, makers)
    if kind == "erfc":
        negated = _made_by("neg", scaled[0], makers) if len(scaled) == 1 else []
        return negated[0] if negated else None
    summands = _made_by("add", scaled[0], makers) if len(scaled) == 1 else []
    for x, cubic in (summands, summands[::-1]) if len(summands) == 2 else ():
        cube = _made_by("mul", cubic, makers)
        if len(cube) == 1 and _made_by("integer_pow", cube[0], makers) == [x]:
            return x
    return None


def _made_by(primitive: str, variable: Any, makers: dict[Any, Any]) -> list[Any]:
    """The variables from which this primitive makes a variable; none if another primitive does."""
    maker = makers.get(variable)
    if maker is None or maker.primitive.name != primitive:
        return []
    return [operand for operand in maker.invars if not isinstance(operand, Literal)]


def _consumer(jaxpr: Any, place: int, steps: int) -> int | None:
    """The equation that uses the result of this one, so many uses later; it has to be a product."""
    for _ in range(steps):
        result = jaxpr.eqns[place].outvars[0]
        uses = (
            later
            for later, equation in enumerate(jaxpr.eqns[place + 1 :], place + 1)
            if any(operand is result for operand in equation.invars)
        )
        place = next(uses, -1)
        if place < 0:
            return None
    return place if jaxpr.eqns[place].primitive.name == "mul" else None
