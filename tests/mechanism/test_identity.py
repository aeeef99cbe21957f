"""A function is one object: the same twin each time, found again by pickle and by copies."""

import copy
import pickle
import pydoc

import jax
import jax.numpy as jnp
import pytest

import jaxrelu
from jaxrelu._mechanism.declaration import declaration_of

ROWS = jaxrelu.catalogue()
MADE = {
    "get": lambda: jaxrelu.get("gelu_exact"),
    "get of another library": lambda: jaxrelu.get("leaky_relu", "keras"),
    "forward_mode": lambda: jaxrelu.forward_mode(jaxrelu.relu),
    "forward_mode of a checked function": lambda: jaxrelu.forward_mode(jaxrelu.elu),
    "forward_mode of arguments": lambda: jaxrelu.forward_mode(jaxrelu.get("gelu_exact")),
    "with_residual": lambda: jaxrelu.with_residual(jaxrelu.relu, "bits"),
    "with_residual of a checked function": lambda: jaxrelu.with_residual(jaxrelu.elu, "output"),
    "bits": lambda: jaxrelu.with_residual(jaxrelu.gelu, bits=4),
    "bits of arguments": lambda: jaxrelu.with_residual(jaxrelu.get("GELU"), bits=4),
}
PROMPT = {
    "jaxrelu.gelu": lambda: jaxrelu.gelu,
    "jaxrelu.elu": lambda: jaxrelu.elu,  # a function with a check
    "jaxrelu.glu": lambda: jaxrelu.glu,  # a composition
    "jaxrelu.gelu with 4-bit slopes": lambda: jaxrelu.with_residual(jaxrelu.gelu, bits=4),
    "jaxrelu.relu keeping its output": lambda: jaxrelu.with_residual(jaxrelu.relu, "output"),
    "jaxrelu.relu in forward mode": lambda: jaxrelu.forward_mode(jaxrelu.relu),
    "jaxrelu.gelu with approximate=False": lambda: jaxrelu.get("gelu_exact"),
}


@pytest.mark.parametrize("said", PROMPT)
def test_repr_is_what_a_user_calls_it(said):
    assert repr(PROMPT[said]()) == said


def test_help_lists_every_function():
    shown = pydoc.plain(pydoc.render_doc(jaxrelu))
    for name in jaxrelu.__all__:
        assert f"\n    {name}" in shown or f"class {name}" in shown, name
    assert {row.function.__name__ for row in ROWS.values()} <= set(jaxrelu.__all__)


def test_is_a_jitted_function():
    for function in (jaxrelu.gelu, jaxrelu.elu):
        assert isinstance(function, jax.stages.Wrapped)
        assert "stablehlo" in function.lower(1.0).as_text()


def test_polynomial_pickles():
    function = jaxrelu.polynomial_relu(method="composite", interval=(-2.0, 3.0), stages=("f3",))
    for same in (pickle.loads(pickle.dumps(function)), copy.deepcopy(function)):
        assert repr(same) == repr(function)
        assert same(1.5) == function(1.5)


@pytest.mark.parametrize("name", ROWS)
def test_of_the_catalogue(name):
    function = ROWS[name].bound
    assert function.__name__ == (name if ROWS[name].arguments else ROWS[name].function.__name__)
    for same in (pickle.loads(pickle.dumps(function)), copy.copy(function), copy.deepcopy(function)):
        assert same == function
        assert hash(same) == hash(function)
        assert declaration_of(same) is declaration_of(function)


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_of_what_is_made(make):
    function = make()
    x = jnp.linspace(-2, 2, 8)
    for same in (make(), pickle.loads(pickle.dumps(function)), copy.copy(function), copy.deepcopy(function)):
        assert same == function
        assert hash(same) == hash(function)
        assert (same(x) == function(x)).all()


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_no_program_is_traced_twice(make):
    traces = []

    def program(x, function):
        traces.append(function)
        return function(x)

    compiled = jax.jit(program, static_argnums=1)
    for _ in range(3):
        compiled(jnp.ones(3), make())
    assert len(traces) == 1
