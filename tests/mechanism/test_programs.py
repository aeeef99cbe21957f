"""forward_mode of whole programs: tangents against reverse mode, in calls, scans, conditions, checkpoints."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax

import jaxrelu
import jaxrelu.nnx

X = jnp.linspace(-1.5, 2.7, 12).reshape(4, 3)


@jax.jit
def jitted(x):
    return jaxrelu.gelu(x @ x.T)


def scanned(x):
    return lax.scan(lambda carry, row: (jaxrelu.relu(carry + row), jaxrelu.silu(row)), x[0], x)


def chosen(x):
    return lax.cond(x.sum() > -1, jaxrelu.softplus, jaxrelu.relu, x)


def counted(x):
    return lax.fori_loop(0, 3, lambda i, y: jaxrelu.leaky_relu(y - 0.1), x)


def learned(x):
    return jaxrelu.prelu(x, jnp.mean(x)), jaxrelu.apl(x, jnp.array([0.5, x[0, 0]]), jnp.array([0.0, 1.0]))


def nested(x):
    return jax.checkpoint(lambda x: {"y": jitted(scanned(x)[1]), "z": (jaxrelu.elu(x), 3.0 * x)})(x)


def checkpointed(x):
    policy = jax.checkpoint_policies.dots_saveable
    return jax.checkpoint(lambda x: jaxrelu.mish(x @ x.T), policy=policy)(x)


PROGRAMS = [jitted, scanned, chosen, counted, learned, nested, checkpointed]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_tangents_are_those_of_reverse_mode(program, wrap):
    twin = wrap(jaxrelu.forward_mode(program))
    tangent = jnp.cos(X)
    values, tangents = jax.jvp(twin, (X,), (tangent,))
    want, pullback = jax.vjp(program, X)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), values, want)
    cotangents = jax.tree.map(lambda y: jnp.sin(3 * y), values)
    products = jax.tree.map(lambda c, t: (c * t).sum(), cotangents, tangents)
    pulled = (pullback(cotangents)[0] * tangent).sum()
    np.testing.assert_allclose(sum(jax.tree.leaves(products)), pulled, rtol=1e-4)


def test_under_vmap():
    """Within a program vmap hides which function it is; outside it does not matter."""
    twin = jaxrelu.forward_mode(lambda x: jaxrelu.swiglu(x, 2 * x))
    _, tangent = jax.jvp(jax.vmap(twin), (X,), (X,))
    np.testing.assert_allclose(tangent, jax.jvp(twin, (X,), (X,))[1], rtol=1e-6)
    with pytest.raises(TypeError, match="forward"):
        jax.jvp(jaxrelu.forward_mode(jax.vmap(jaxrelu.relu)), (X,), (X,))


def test_a_module():
    model = nnx.Sequential(
        nnx.Linear(3, 8, rngs=nnx.Rngs(0)),
        jaxrelu.nnx.PReLU(num_features=8),
        nnx.Linear(8, 2, rngs=nnx.Rngs(1)),
    )
    definition, state = nnx.split(model)

    def loss(state, x, scale=1.0, name="unused"):
        return scale * (nnx.merge(definition, state)(x) ** 2).sum()

    with pytest.raises(TypeError, match="forward"):
        jax.jvp(loss, (state, X), (state, X))
    _, tangent = jax.jvp(jaxrelu.forward_mode(loss), (state, X), (state, X))
    gradient = jax.grad(loss, argnums=(0, 1))(state, X)
    products = jax.tree.map(lambda g, t: (g * t).sum(), gradient, (state, X))
    np.testing.assert_allclose(tangent, sum(jax.tree.leaves(products)), rtol=1e-5)
    again = jaxrelu.forward_mode(loss)(state, X, scale=2.0, name="a word")
    np.testing.assert_allclose(again, 2 * loss(state, X), rtol=1e-6)


def test_a_transformed_function_is_a_program():
    slope = jaxrelu.forward_mode(jax.vmap(jax.vmap(jax.grad(jaxrelu.silu))))
    np.testing.assert_allclose(slope(X), jax.grad(lambda x: jaxrelu.silu(x).sum())(X), rtol=1e-6)
    with pytest.raises(TypeError, match="with_residual: function must be a public function"):
        jaxrelu.with_residual(jax.vmap(jaxrelu.relu), "bits")


def test_linearize_and_jacobians():
    twin = jaxrelu.forward_mode(lambda x: jaxrelu.gelu(x).sum(1))
    _, push = jax.linearize(twin, X)
    np.testing.assert_allclose(push(X), jax.jvp(twin, (X,), (X,))[1], rtol=1e-6)
    np.testing.assert_allclose(
        jax.jacfwd(twin)(X), jax.jacrev(lambda x: jaxrelu.gelu(x).sum(1))(X), atol=1e-6
    )


def test_what_cannot_be_called():
    with pytest.raises(TypeError, match="forward_mode: function must be something to call, got int"):
        jaxrelu.forward_mode(3)  # type: ignore[arg-type]
