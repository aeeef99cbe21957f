"""Bad input: refused at trace time, with the function, the argument, what was got and what is allowed."""

# What is passed here is wrong on purpose.
# pyright: reportArgumentType=false

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx

X = jnp.ones((2, 3))

# (what is done, the error, what its message has to say)
BAD = {
    "complex x": (
        lambda: jaxrelu.gelu(X.astype("complex64")),
        TypeError,
        ["gelu", "x ", "complex64", "floats"],
    ),
    "a list": (lambda: jaxrelu.relu([1.0, 2.0]), TypeError, ["relu", "x ", "list", "array"]),
    "None": (lambda: jaxrelu.relu(None), TypeError, ["relu", "x ", "NoneType", "array"]),
    "a slope that is None": (
        lambda: jaxrelu.leaky_relu(X, None),
        TypeError,
        ["leaky_relu", "negative_slope", "None", "array"],
    ),
    "a complex slope": (
        lambda: jaxrelu.prelu(X, jnp.complex64(1)),
        TypeError,
        ["prelu", "negative_slope", "complex64", "floats"],
    ),
    "the words of another library": (
        lambda: jaxrelu.gelu(X, approximate="none"),
        TypeError,
        ["gelu", "approximate", "True or False", "'none'"],
    ),
    "NumPy scalars out of order": (
        lambda: jaxrelu.hard_tanh(X, np.float32(1), np.float32(-1)),
        ValueError,
        ["hard_tanh", "min_value", "1.0", "-1.0"],
    ),
    "a NumPy scalar that is not positive": (
        lambda: jaxrelu.smelu(X, np.float32(-1)),
        ValueError,
        ["smelu", "beta", "positive", "-1.0"],
    ),
    "a slope that does not broadcast": (
        lambda: jaxrelu.leaky_relu(X, jnp.ones(4)),
        ValueError,
        ["leaky_relu", "negative_slope", "(4,)", "(2, 3)"],
    ),
    "an alpha that does not broadcast": (
        lambda: jaxrelu.elu(X, jnp.ones((3, 3))),
        ValueError,
        ["elu", "alpha", "(3, 3)", "(2, 3)"],
    ),
    "a ceiling that does not broadcast": (
        lambda: jaxrelu.general_relu(X, max_value=jnp.ones(2)),
        ValueError,
        ["general_relu", "max_value", "(2,)", "(2, 3)"],
    ),
    "a slope for another number of channels": (
        lambda: jaxrelu.prelu(X, jnp.ones(2)),
        ValueError,
        ["prelu", "negative_slope", "(2,)", "(3,)", "axis"],
    ),
    "a slope of two axes": (
        lambda: jaxrelu.prelu(X, jnp.ones((2, 3))),
        ValueError,
        ["prelu", "negative_slope", "(2, 3)", "(3,)"],
    ),
    "a channel axis out of range": (
        lambda: jaxrelu.prelu(X, jnp.ones(3), axis=2),
        ValueError,
        ["prelu", "axis", "got 2", "from -2 to 1"],
    ),
    "a channel axis out of range, below": (
        lambda: jaxrelu.crelu(X, axis=-3),
        ValueError,
        ["crelu", "axis", "got -3", "from -2 to 1"],
    ),
    "an odd split": (lambda: jaxrelu.glu(X), ValueError, ["glu", "axis 1", "multiple of 2", "got 3"]),
    "pieces that do not divide": (
        lambda: jaxrelu.maxout(X, 2),
        ValueError,
        ["maxout", "axis 1", "multiple of 2", "got 3"],
    ),
    "no pieces": (lambda: jaxrelu.maxout(X, 0), ValueError, ["maxout", "num_pieces", "1 to 256", "got 0"]),
    "a split axis out of range": (
        lambda: jaxrelu.glu(X, axis=2),
        ValueError,
        ["glu", "axis", "got 2", "from -2 to 1"],
    ),
    **{
        f"another shape of the value, {name}": (
            lambda name=name: getattr(jaxrelu, name)(X, X[:, :1]),
            ValueError,
            [name, "value", "(2, 1)", "(2, 3)"],
        )
        for name in ("reglu", "geglu", "swiglu", "bilinear")
    },
    "lower above upper": (
        lambda: jaxrelu.rrelu(X, lower=0.5, upper=0.25),
        ValueError,
        ["rrelu", "lower", "upper", "0.5", "0.25"],
    ),
    "bounds out of order": (
        lambda: jaxrelu.hard_tanh(X, 1.0, -1.0),
        ValueError,
        ["hard_tanh", "min_value", "max_value", "1.0", "-1.0"],
    ),
    **{
        f"{argument} of {name} that is not positive, {value}": (
            lambda name=name, argument=argument, value=value: getattr(jaxrelu, name)(X, **{argument: value}),
            ValueError,
            [name, argument, "positive", f"got {value}"],
        )
        for name, argument in (
            *(("smelu", "beta"), ("squareplus", "b"), ("isrlu", "alpha"), ("pelu", "alpha")),
            ("pelu", "beta"),
        )
        for value in (0, -1.5)
    },
    "hinges of two shapes": (
        lambda: jaxrelu.apl(X, jnp.ones(2), jnp.ones(3)),
        ValueError,
        ["apl", "slopes and offsets", "(2,)", "(3,)"],
    ),
    "hinges that do not broadcast": (
        lambda: jaxrelu.apl(X, jnp.ones((1, 4)), jnp.ones((1, 4))),
        ValueError,
        ["apl", "slopes[0]", "(4,)", "(2, 3)"],
    ),
    "an unknown surrogate": (
        lambda: jaxrelu.surrogate_relu(X, "relu"),
        ValueError,
        ["surrogate_relu", "surrogate", "'bsilu'", "'nelu'", "got 'relu'"],
    ),
    "a surrogate nowhere": (
        lambda: jaxrelu.surrogate_relu(X, "nelu", "positive"),
        ValueError,
        ["surrogate_relu", "where", "'all'", "'negative'", "got 'positive'"],
    ),
    "a channel axis of a scalar": (lambda: jaxrelu.crelu(1.0), ValueError, ["crelu", "axis", "scalar"]),
    "bits of a smooth slope": (
        lambda: jaxrelu.with_residual(jaxrelu.gelu, "bits"),
        ValueError,
        ["with_residual", "gelu", "bits", "input"],
    ),
    "the output of a function that it does not determine": (
        lambda: jaxrelu.with_residual(jaxrelu.silu, "output"),
        ValueError,
        ["with_residual", "silu", "output", "input"],
    ),
    "a residual that does not exist": (
        lambda: jaxrelu.with_residual(jaxrelu.relu, "nothing"),
        ValueError,
        ["with_residual", "relu", "nothing", "bits", "input", "output"],
    ),
    "a stranger to with_residual": (
        lambda: jaxrelu.with_residual(jax.nn.relu, "bits"),
        TypeError,
        ["relu", "jaxrelu", "with_residual"],
    ),
    "nothing to call": (lambda: jaxrelu.forward_mode("relu"), TypeError, ["forward_mode", "function", "str"]),
    "an unknown name": (
        lambda: jaxrelu.get("gelo"),
        ValueError,
        ["get", "'gelo'", "did you mean gelu", "mish"],
    ),
    "a name like no other": (lambda: jaxrelu.get("zzz"), ValueError, ["get", "'zzz'", "relu", "mish"]),
    "no name": (lambda: jaxrelu.get(None), (TypeError, ValueError), ["get", "None"]),
    "an unknown name in nnx": (
        lambda: jaxrelu.nnx.Activation("reluu"),
        ValueError,
        ["'reluu'", "did you mean relu"],
    ),
    "an unknown name in linen": (
        lambda: jaxrelu.linen.Activation("reluu"),
        ValueError,
        ["'reluu'", "did you mean relu"],
    ),
    "a number for a function, nnx": (
        lambda: jaxrelu.nnx.Activation(3),
        TypeError,
        ["Activation", "function", "int"],
    ),
    "a number for a function, linen": (
        lambda: jaxrelu.linen.Activation(3),
        TypeError,
        ["Activation", "function", "int"],
    ),
    "no channels, nnx": (
        lambda: jaxrelu.nnx.PReLU(num_features=0),
        ValueError,
        ["PReLU", "num_features", "positive", "got 0"],
    ),
    "no channels, linen": (
        lambda: jaxrelu.linen.PReLU(num_features=0).init(jax.random.key(0), X),
        ValueError,
        ["PReLU", "num_features", "positive", "got 0"],
    ),
    "another number of channels, nnx": (
        lambda: jaxrelu.nnx.PReLU(num_features=4)(X),
        ValueError,
        ["num_features", "must be 3", "axis -1", "got 4"],
    ),
    "another number of channels, linen": (
        lambda: jaxrelu.linen.PReLU(num_features=4).init(jax.random.key(0), X),
        ValueError,
        ["num_features", "must be 3", "axis -1", "got 4"],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what):
    action, error, words = BAD[what]
    with pytest.raises(error) as caught:
        action()
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, f"the message does not say {missing}: {caught.value}"


def test_errors_are_raised_at_trace_time():
    """Shapes and dtypes are enough: nothing is computed."""
    with pytest.raises(ValueError, match="prelu: axis"):
        jax.eval_shape(
            lambda x: jaxrelu.prelu(x, jnp.ones(3), axis=5), jax.ShapeDtypeStruct((2, 3), "float32")
        )
    with pytest.raises(TypeError, match="silu: x"):
        jax.eval_shape(jaxrelu.silu, jax.ShapeDtypeStruct((2,), "complex64"))
