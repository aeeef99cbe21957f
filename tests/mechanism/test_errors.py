"""Bad input: refused at trace time, with the function, the argument, what was got and what is allowed."""

# What is passed here is wrong on purpose.
# pyright: reportArgumentType=false, reportCallIssue=false

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxrelu
import jaxrelu.diagnostics
import jaxrelu.initializers
import jaxrelu.linen
import jaxrelu.nnx

X, X4, IMAGES = jnp.ones((2, 3)), jnp.ones((2, 4)), jnp.ones((2, 5, 5, 3))
KEY = jax.random.key(0)
KERNEL = jaxrelu.initializers.for_activation(jaxrelu.relu)
STRANGE = functools.partial(jaxrelu.relu, k=2)


def rngs():
    return nnx.Rngs(0)


def row(**changed):
    fields = {"name": "new", "function": jaxrelu.relu, "family": "f", "formula": "f", "reference": "r"}
    return jaxrelu.Variant(**fields | changed)


def watched(batch):
    """A `Monitor` that has begun with other units is given this batch."""
    monitor = jaxrelu.diagnostics.Monitor()
    return monitor.update(monitor.init(jax.nn.relu, X), jax.nn.relu, batch)


def recycled(key, statistics=None):
    return jaxrelu.diagnostics.Recycler()(jax.nn.relu, None, X, key, statistics)


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
    "a rate that is not positive": (
        lambda: jaxrelu.softplus(X, beta=0.0),
        ValueError,
        ["softplus", "beta", "positive", "0.0"],
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
    "a slope of two axes that does not broadcast": (
        lambda: jaxrelu.prelu(X, jnp.ones((2, 2))),
        ValueError,
        ["prelu", "negative_slope", "must broadcast to", "(2, 3)", "(2, 2)"],
    ),
    "a slope of more axes than x": (
        lambda: jaxrelu.prelu(X, jnp.ones((1, 1, 1))),
        ValueError,
        ["prelu", "negative_slope", "must broadcast to", "(2, 3)", "(1, 1, 1)"],
    ),
    "a slope that would make x larger": (
        lambda: jaxrelu.prelu(X[:1], jnp.ones((2, 3))),
        ValueError,
        ["prelu", "negative_slope", "must broadcast to", "(1, 3)", "(2, 3)"],
    ),
    "a unit that is none": (
        lambda: jaxrelu.packed(jaxrelu.relu),
        TypeError,
        ["packed", "unit", "a gate and a value", "relu"],
    ),
    "a unit that was transformed": (
        lambda: jaxrelu.packed(jaxrelu.forward_mode(jaxrelu.swiglu)),
        TypeError,
        ["packed", "unit", "not transformed", "swiglu"],
    ),
    "an odd axis of pairs": (
        lambda: jaxrelu.packed(jaxrelu.swiglu)(X, interleaved=True),
        ValueError,
        ["packed_swiglu", "axis 1", "multiple of 2", "got 3"],
    ),
    "an order that is no bool": (
        lambda: jaxrelu.packed(jaxrelu.swiglu)(X4, gate_first="value"),
        TypeError,
        ["packed_swiglu", "gate_first", "True or False", "'value'"],
    ),
    "a threshold that is negative": (
        lambda: jaxrelu.soft_shrink(X, -0.5),
        ValueError,
        ["soft_shrink", "threshold", "negative", "-0.5"],
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
        for name in ("reglu", "geglu", "swiglu", "clamped_swiglu", "bilinear")
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

_ARRAY = "must be an array or scalar of floats, integers or booleans"
_MODEL = "model must be something to call"
# The same, named by what is called.
diag, initializers = jaxrelu.diagnostics, jaxrelu.initializers
BAD |= {
    what: (lambda what=what: eval(what), error, words if isinstance(words, list) else [words])
    for what, error, words in (
        # arguments of functions
        ("jaxrelu.relu()", TypeError, ["relu: missing", "'x'"]),
        ("jaxrelu.relu(X, 1)", TypeError, ["relu: too many", "the arguments are x"]),
        ("jaxrelu.relu(y=X)", TypeError, ["relu: missing", "the arguments are x"]),
        ("jaxrelu.relu(X, inplace=True)", TypeError, ["relu: got", "'inplace'", "the arguments are x"]),
        ("jaxrelu.leaky_relu(X, alpha=0.1)", TypeError, ["leaky_relu", "'alpha'", "x, negative_slope"]),
        ("jaxrelu.reglu(X)", TypeError, ["reglu: missing", "'value'", "gate, value"]),
        ("jaxrelu.srelu(X)", TypeError, ["srelu: missing", "'left_threshold'"]),
        ("jaxrelu.relu({'x': X})", TypeError, [f"relu: x {_ARRAY}", "got dict"]),
        ("jaxrelu.relu(jax.random.split(KEY, 3))", TypeError, [f"relu: x {_ARRAY}", "got dtype key"]),
        ("jaxrelu.elu(X, alpha='1')", TypeError, f"elu: alpha {_ARRAY}, got '1'"),
        ("jaxrelu.smelu(X, '1')", TypeError, f"smelu: beta {_ARRAY}, got '1'"),
        ("jaxrelu.isrlu(X, 'a')", TypeError, f"isrlu: alpha {_ARRAY}, got 'a'"),
        ("jaxrelu.rrelu(X, lower='a')", TypeError, f"rrelu: lower {_ARRAY}, got 'a'"),
        ("jaxrelu.hard_tanh(X, -1, 'a')", TypeError, f"hard_tanh: max_value {_ARRAY}, got 'a'"),
        ("jaxrelu.glu(X4, axis='last')", TypeError, "glu: axis must be an integer, got 'last'"),
        ("jaxrelu.glu(X4, axis=None)", TypeError, "glu: axis must be an integer, got None"),
        ("jaxrelu.crelu(X, axis=(0, 1))", TypeError, "crelu: axis must be an integer, got (0, 1)"),
        ("jaxrelu.prelu(X, 0.1, axis=1.0)", TypeError, "prelu: axis must be an integer, got 1.0"),
        ("jaxrelu.crelu(X, axis=True)", TypeError, "crelu: axis must be an integer, got True"),
        ("jaxrelu.maxout(X4, 2.0)", TypeError, "maxout: num_pieces must be an integer, got 2.0"),
        ("jaxrelu.maxout(X4, '2')", TypeError, "maxout: num_pieces must be an integer, got '2'"),
        ("jaxrelu.maxout(X4, None)", TypeError, "maxout: num_pieces must be an integer, got None"),
        ("jaxrelu.maxout(X4, 300)", ValueError, "maxout: num_pieces must be from 1 to 256, got 300"),
        ("jaxrelu.geglu(X, X, 'none')", TypeError, "geglu: approximate must be True or False, got 'none'"),
        ("jaxrelu.gelu(X, 1)", TypeError, "gelu: approximate must be True or False, got 1"),
        ("jaxrelu.rrelu(X, jax.random.split(KEY, 3))", TypeError, ["rrelu: key must be one", "(3,)"]),
        ("jaxrelu.rrelu(X, jnp.ones(2))", TypeError, ["rrelu: key must be one", "got float32 of shape (2,)"]),
        ("jaxrelu.rrelu(X, rngs())", TypeError, ["rrelu: key must be one jax.random.key", "got Rngs"]),
        ("jaxrelu.apl(X, jnp.ones(0), jnp.ones(0))", ValueError, ["apl", "one piece or more", "(0,)"]),
        # what JAX refuses before a function sees it
        ("jaxrelu.relu('a')", TypeError, ["relu", "'str'", "at path x"]),
        ("jaxrelu.threshold(X, 'a')", TypeError, ["threshold", "'str'", "at path threshold"]),
        ("jaxrelu.relu(np.array([object()]))", TypeError, ["relu", "numpy.ndarray", "at path x"]),
        ("jaxrelu.relu(jax.ShapeDtypeStruct((2,), 'f4'))", TypeError, ["'x'", "not a valid JAX type"]),
        ("jaxrelu.gelu(X, [True])", ValueError, ["Non-hashable static arguments", "[True]"]),
        # transformations and names
        ("jaxrelu.with_residual(jaxrelu.gelu, bits=9)", ValueError, ["bits", "from 1 to 8, got 9"]),
        ("jaxrelu.with_residual(jaxrelu.gelu, bits=2.5)", ValueError, ["bits", "from 1 to 8, got 2.5"]),
        ("jaxrelu.with_residual(jaxrelu.gelu)", TypeError, ["either residual or bits", "residual=None"]),
        ("jaxrelu.with_residual(jaxrelu.relu, bits=2)", ValueError, ["smooth functions", "got relu"]),
        ("jaxrelu.with_residual(jaxrelu.elu, bits=4)(X, X)", TypeError, ["alpha must be a plain number"]),
        ("jaxrelu.forward_mode(5)", TypeError, "forward_mode: function must be something to call, got int"),
        ("jaxrelu.get(5)", TypeError, "get: name must be a string, got int"),
        ("jaxrelu.get('relu', 'tensorflow')", ValueError, ["get: library", "torch", "got 'tensorflow'"]),
        ("jaxrelu.get('gelu', 'torch')(X, approximate='none')", TypeError, "approximate must be True or"),
        ("jaxrelu.register('x')", TypeError, "register: row must be a Variant, got str"),
        ("jaxrelu.register(None)", TypeError, "register: row must be a Variant, got NoneType"),
        ("jaxrelu.register(row(name=5))", TypeError, ["Variant: name must be a string", "got 5"]),
        ("jaxrelu.register(row(function=jnp.abs))", TypeError, ["register: function", "declaration", "abs"]),
        ("row(name='')", ValueError, ["Variant: name must be a string that is not empty", "got ''"]),
        ("row(function=5)", TypeError, "Variant: function must be a function, got 5"),
        ("row(kinks=3)", TypeError, "Variant: kinks must be a mapping, got 3"),
        ("row(example=None)", TypeError, "Variant: example must be a mapping, got None"),
        ("row(partners='value')", TypeError, "Variant: partners must be a tuple of strings, got 'value'"),
        ("jaxrelu.get('leaky_relu', negative_slope='a')", TypeError, f"leaky_relu: negative_slope {_ARRAY}"),
        (
            "jax.vjp(lambda x: jaxrelu.surrogate_relu(x, lambda x: x[0]), X)[1](X)",
            ValueError,
            ["(2, 3)", "(3,)"],
        ),
        ("jaxrelu.polynomial_relu(-1)", ValueError, "polynomial_relu: degree must be from 1 to 256, got -1"),
        (
            "jaxrelu.polynomial_relu(10**6)",
            ValueError,
            "polynomial_relu: degree must be from 1 to 256, got 1",
        ),
        ("jaxrelu.polynomial_relu('a')", TypeError, "polynomial_relu: degree must be an integer"),
        # modules; more of them: tests/modules/test_errors.py
        ("jaxrelu.nnx.Activation('prelu')", TypeError, "prelu needs negative_slope besides x"),
        ("jaxrelu.nnx.Activation('smelu', beta=-1)", ValueError, "smelu: beta must be positive, got -1"),
        ("jaxrelu.nnx.Activation('elu', alpha='1')", TypeError, f"elu: alpha {_ARRAY}, got '1'"),
        ("jaxrelu.linen.Activation(STRANGE)", TypeError, ["Activation: function must take", "k=2"]),
        (
            "jaxrelu.nnx.FeedForward(3, 4, unit=jaxrelu.relu, rngs=rngs())",
            TypeError,
            ["unit", "got jaxrelu.relu"],
        ),
        (
            "jaxrelu.nnx.PReLU(promote_dtype=5)",
            TypeError,
            ["promote_dtype must be a function or None, got 5"],
        ),
        (
            "jaxrelu.nnx.PReLU(negative_slope_metadata=5)",
            TypeError,
            ["negative_slope_metadata", "mapping", "5"],
        ),
        ("jaxrelu.nnx.Activation('crelu', axis='a')", TypeError, "crelu: axis must be an integer, got 'a'"),
        ("jaxrelu.linen.Activation('maxout', num_pieces=300)", ValueError, "from 1 to 256, got 300"),
        ("jaxrelu.nnx.Maxout(300)", ValueError, "maxout: num_pieces must be from 1 to 256, got 300"),
        ("jaxrelu.linen.Maxout(300)", ValueError, "maxout: num_pieces must be from 1 to 256, got 300"),
        ("jaxrelu.nnx.SwiGLU(8, 16)", TypeError, ["SwiGLU.__init__() missing", "'rngs'"]),
        ("jaxrelu.nnx.GEGLU(8, rngs=rngs())", TypeError, ["GEGLU.__init__() missing", "'features'"]),
        ("jaxrelu.nnx.FReLU(3, kernel_size=(3,), rngs=rngs())(IMAGES)", ValueError, ["kernel_size", "got 1"]),
        ("jaxrelu.linen.FReLU(kernel_size=(3,)).init(KEY, IMAGES)", ValueError, ["FReLU", "(2, 5, 5, 3)"]),
        ("jaxrelu.linen.PReLU()(X)", Exception, "unbound"),  # Flax's own
        # initializers
        ("initializers.gain(5)", TypeError, "gain: function must be a function of x or a name, got int"),
        ("initializers.gain(jaxrelu.reglu)", TypeError, ["gain: function", "x alone", "'value'"]),
        ("initializers.gain(lambda x: 'a')", TypeError, ["gain: function must give an array", "lambda"]),
        ("initializers.gain(jnp.zeros_like)", ValueError, "gain: E f(z)^2 must be positive and finite"),
        ("initializers.for_activation('gelo')", ValueError, "did you mean gelu"),
        ("initializers.randomized_asymmetric(KEY, (2.5, 3))", TypeError, ["shape", "integers", "(2.5, 3)"]),
        ("initializers.randomized_asymmetric(KEY, (-2, 3))", ValueError, ["shape", "got (-2, 3)"]),
        ("initializers.randomized_asymmetric(KEY, 3)", TypeError, ["shape must be a tuple", "got 3"]),
        ("initializers.gain('gelo')", ValueError, ["gain: unknown name 'gelo'", "did you mean gelu"]),
        ("initializers.for_activation(None)", TypeError, "for_activation: function must be a function of x"),
        ("initializers.for_activation('relu', 'fan')", ValueError, ["mode must be 'fan_in'", "got 'fan'"]),
        ("initializers.for_activation('relu', mode=3)", TypeError, ["for_activation: mode must be", "got 3"]),
        ("initializers.for_activation('relu', distribution='t')", ValueError, ["'uniform', got 't'"]),
        ("KERNEL(KEY, (3,))", ValueError, ["for_activation: shape must be (..., fan_in", "got (3,)"]),
        ("KERNEL(KEY, 3)", TypeError, ["for_activation: shape must be a tuple of integers", "got 3"]),
        (
            "initializers.randomized_asymmetric(0, (2, 3))",
            TypeError,
            ["randomized_asymmetric: key", "got int"],
        ),
        ("initializers.randomized_asymmetric(None, (2, 3))", TypeError, ["jax.random.key, got NoneType"]),
        ("initializers.randomized_asymmetric(KEY, (2, 3), 'i4')", TypeError, ["a dtype of floats, got 'i4'"]),
        # diagnostics
        ("diag.statistics(None)", TypeError, f"statistics: outputs {_ARRAY}, got NoneType"),
        ("diag.statistics('a')", TypeError, f"statistics: outputs {_ARRAY}, got str"),
        ("diag.statistics(X.astype('complex64'))", TypeError, [f"outputs {_ARRAY}", "complex64"]),
        ("diag.statistics(X, slopes='a')", TypeError, f"statistics: slopes {_ARRAY}, got str"),
        ("diag.statistics(X, gradients=X4)", ValueError, ["gradients", "(2, 3) of outputs", "(2, 4)"]),
        (
            "diag.statistics(X, rank='yes')",
            TypeError,
            "statistics: rank must be True or False, got 'yes'",
        ),
        ("diag.statistics(X).dormant('a')", TypeError, "dormant: tau must be a number, got 'a'"),
        (
            "diag.statistics(X).constant(None)",
            TypeError,
            "constant: tolerance must be a number, got None",
        ),
        ("diag.statistics(X).gradient_dead('a')", TypeError, "gradient_dead: flat must be a number"),
        ("diag.statistics(jnp.float32(1))", ValueError, ["unit_axes", "the 0 of outputs, got -1"]),
        ("diag.statistics(X, unit_axes=1.5)", TypeError, ["unit_axes", "integer", "got 1.5"]),
        ("diag.statistics(X, unit_axes='a')", TypeError, ["unit_axes", "integer", "got 'a'"]),
        ("diag.statistics(X, unit_axes=(-1, 1))", ValueError, ["different axes", "got (-1, 1)"]),
        ("diag.statistics(IMAGES, unit_axes=4)", ValueError, ["the 4 of outputs, got 4"]),
        ("diag.statistics(X).merge(None)", TypeError, "other must be Statistics, got NoneType"),
        ("diag.statistics(X).merge(diag.statistics(X4))", ValueError, "got (3,) and (4,)"),
        ("diag.capture(jax.nn.relu, X, functions='own')", TypeError, ["names", "got 'own'"]),
        ("diag.capture(jax.nn.relu, X, functions=[jnp.abs])", TypeError, "functions must be names"),
        ("diag.capture(lambda x: x + 1, X)", ValueError, "no activation was found in the model"),
        (
            "diag.capture(jax.nn.relu, X, call=5)",
            TypeError,
            ["capture: call must be a function", "got 5"],
        ),
        ("diag.observe(5, X)", TypeError, [f"observe: {_MODEL}", "got int"]),
        (
            "diag.observe(jax.nn.relu, X, functions=None)",
            TypeError,
            ["observe: functions", "got None"],
        ),
        ("diag.observe(jax.nn.relu, X, rank='a')", TypeError, "observe: rank must be True or False"),
        ("diag.gradients(5, jax.nn.relu, X)", TypeError, "gradients: loss must be a function, got 5"),
        (
            "diag.gradients(jnp.sin, jax.nn.relu, X)",
            TypeError,
            ["gradients: loss", "scalar", "(2, 3)"],
        ),
        ("diag.gradients(lambda y: 'a', jax.nn.relu, X)", TypeError, ["gradients: loss", "got str"]),
        ("diag.gradients(jnp.sum, jax.nn.relu, X, call=5)", TypeError, ["gradients: call", "got 5"]),
        (
            "diag.report(jax.nn.relu, None)",
            TypeError,
            "report: batches must be an iterable of batches",
        ),
        ("diag.report(jax.nn.relu, 'ab')", TypeError, ["report: batches", "got str"]),
        ("diag.report(jax.nn.relu, [X], rank='a')", TypeError, "report: rank must be True or False"),
        (
            "diag.report(jax.nn.relu, [X]).merge(None)",
            TypeError,
            "other must be a Report, got NoneType",
        ),
        (
            "diag.report(jax.nn.relu, [X]).problems('a')",
            TypeError,
            "problems: threshold must be a number",
        ),
        ("diag.measure(X)", TypeError, "measure: outputs must be a mapping, got "),
        ("diag.measure({'a': 'b'})", TypeError, ["measure: outputs['a'] must be an array", "got str"]),
        (
            "diag.measure({'a': X}, slopes={'b': X})",
            ValueError,
            ["measure: slopes", "['a'], got ['b']"],
        ),
        ("diag.Monitor(every=2.5)", TypeError, "Monitor: every must be a positive integer, got 2.5"),
        (
            "diag.Monitor(patience=0)",
            ValueError,
            "Monitor: patience must be a positive integer, got 0",
        ),
        ("diag.Monitor(threshold='a')", TypeError, "Monitor: threshold must be a number, got 'a'"),
        ("diag.Monitor(call=5)", TypeError, ["Monitor: call must be a function", "got 5"]),
        (
            "diag.Monitor(functions='own')",
            TypeError,
            ["Monitor: functions must be names", "got 'own'"],
        ),
        ("diag.Monitor().init(5, X)", TypeError, [f"Monitor.init: {_MODEL}", "got int"]),
        ("diag.Monitor().log(None)", TypeError, "Monitor.log: state must be a MonitorState"),
        ("diag.Monitor().warn(None)", TypeError, "Monitor.warn: state must be a MonitorState"),
        (
            "diag.Monitor().update(None, jax.nn.relu, X)",
            TypeError,
            ["Monitor.update: state", "NoneType"],
        ),
        ("watched(X4)", ValueError, ["Monitor.update: state must be of a model", "{'relu': (4,)}", "(3,)"]),
        (
            "diag.Recycler(tau=-1)",
            ValueError,
            "Recycler: tau must be a number that is not negative, got -1",
        ),
        ("diag.Recycler(tau='a')", TypeError, ["Recycler: tau must be a number", "got 'a'"]),
        ("diag.Recycler(initializer=5)", TypeError, ["Recycler: initializer must be", "got 5"]),
        ("diag.Recycler(functions=5)", TypeError, ["Recycler: functions must be names", "got 5"]),
        ("recycled(None)", TypeError, "Recycler: key must be one jax.random.key, got NoneType"),
        ("recycled(KEY, 5)", TypeError, ["Recycler: statistics must be a mapping of Statistics", "got 5"]),
        (
            "recycled(KEY, {'z': diag.statistics(X)})",
            ValueError,
            ["statistics", "['relu'], got ['z']"],
        ),
        ("diag.scale_by_adam('a')", TypeError, ["scale_by_adam: b1 must be a number", "got 'a'"]),
        ("diag.scale_by_adam(b2=1.0)", ValueError, "b2 must be a number from 0 to below 1, got 1.0"),
        ("diag.scale_by_adam(eps=-1)", ValueError, "scale_by_adam: eps must be a number that is not"),
        (
            "diag.born_dead_probability('ab')",
            TypeError,
            "widths must be positive integers, one a hidden",
        ),
        (
            "diag.born_dead_probability([1.5])",
            TypeError,
            ["born_dead_probability: widths", "got [1.5]"],
        ),
        ("diag.born_dead_bounds([])", ValueError, ["born_dead_bounds: widths", "got []"]),
        ("diag.clipped_lines(None)", TypeError, ["clipped_lines: layers must be pairs", "got None"]),
        (
            "diag.clipped_lines([(np.ones((1, 2)), np.ones(3))])",
            ValueError,
            ["layers", "(1, 2)", "(3,)"],
        ),
        (
            "diag.clipped_lines([(np.ones((1, 1)), np.ones(1))], 'a')",
            TypeError,
            "low must be a number",
        ),
        ("diag.draw_clipped_lines([])", ValueError, ["draw_clipped_lines: layers", "got shapes []"]),
        (
            "diag.draw_dead_map(None)",
            TypeError,
            "draw_dead_map: report must be a Report, got NoneType",
        ),
        (
            "diag.draw_functions([jnp.sin])",
            TypeError,
            "draw_functions: functions must be a mapping of",
        ),
        ("diag.draw_functions({})", ValueError, ["draw_functions: functions", "got {}"]),
        (
            "diag.draw_functions({'a': jnp.sin}, 1, -1)",
            ValueError,
            "low must be below high, got 1 and -1",
        ),
        (
            "diag.draw_gradient_norms({'a': 5})",
            TypeError,
            ["draw_gradient_norms: runs", "got {'a': 5}"],
        ),
        ("diag.draw_histograms({'a': {'b': X}})", TypeError, "draw_histograms: snapshots must be"),
        ("diag.draw_histograms({0: {'a': X}, 1: {'b': X}})", ValueError, "all of the same layers"),
        ("diag.draw_histograms({0: {'a': X}}, bins=0)", ValueError, "bins must be a positive integer"),
        ("diag.report(5, [X])", TypeError, [_MODEL, "got int"]),
        ("diag.report(nnx.Linear, [X])", TypeError, [_MODEL, "got the class Linear"]),
        ("diag.report(jaxrelu.linen.PReLU(), [X])", TypeError, "model.bind(variables), got PReLU"),
    )
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
