"""The names under which other libraries have these functions, with the arguments that make them alike."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

# A row of the catalogue, and what their default arguments are where they are not ours.
Alias = tuple[str, Mapping[str, Any]]

# In this order: a name without a library is looked up in each.
LibraryName = Literal["jax", "torch", "huggingface", "keras", "flax", "timm"]
LIBRARIES: tuple[LibraryName, ...] = get_args(LibraryName)


def _same(*names: str) -> dict[str, Alias]:
    return {name: (name, {}) for name in names}


def _renamed(**names: str) -> dict[str, Alias]:
    return {name: (variant, {}) for name, variant in names.items()}


# `jax.nn`, and `flax.nnx` and `flax.linen`, which give its functions on.
_JAX = {
    **_same("relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus"),
    **_same("glu", "squareplus", "hard_tanh", "hard_sigmoid", "hard_silu", "identity", "sigmoid", "tanh"),
    **_same("log_sigmoid", "soft_sign", "sparse_plus", "sparse_sigmoid"),
    **_renamed(swish="silu", hard_swish="hard_silu", gelu_tanh="gelu", relu_squared="squared_relu"),
}

ALIASES: dict[str, dict[str, Alias]] = {
    "jax": _JAX,
    "torch": {
        **_same("relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "celu", "selu", "silu", "mish"),
        **_same("softplus", "threshold", "glu", "sigmoid", "tanh"),
        **_renamed(Identity="identity", Sigmoid="sigmoid", Tanh="tanh"),
        **_renamed(gelu="gelu_exact", GELU="gelu_exact", SiLU="silu", Mish="mish", Softplus="softplus"),
        **_renamed(ReLU="relu", ReLU6="relu6", LeakyReLU="leaky_relu", PReLU="prelu", RReLU="rrelu"),
        **_renamed(ELU="elu", CELU="celu", SELU="selu", GLU="glu", Threshold="threshold"),
        **_renamed(logsigmoid="log_sigmoid", LogSigmoid="log_sigmoid", softsign="soft_sign"),
        **_renamed(hardshrink="hard_shrink", softshrink="soft_shrink", tanhshrink="tanh_shrink"),
        **_renamed(Hardshrink="hard_shrink", Softshrink="soft_shrink", Tanhshrink="tanh_shrink"),
        **_renamed(Softsign="soft_sign"),
        **_renamed(hardtanh="hard_tanh", hardsigmoid="hard_sigmoid", hardswish="hard_silu"),
        **_renamed(Hardtanh="hard_tanh", Hardsigmoid="hard_sigmoid", Hardswish="hard_silu"),
    },
    "huggingface": {
        **_same("relu", "relu6", "leaky_relu", "mish", "silu", "quick_gelu", "prelu", "xielu"),
        **_same("sigmoid", "tanh", "gelu_10", "laplace"),
        **_renamed(linear="identity"),
        **_renamed(gelu="gelu_exact", gelu_python="gelu_exact", gelu_new="gelu", gelu_fast="gelu"),
        **_renamed(gelu_accurate="gelu", gelu_pytorch_tanh="gelu", gelu_python_tanh="gelu"),
        **_renamed(relu2="squared_relu", swish="silu", hardswish="hard_silu"),
    },
    "keras": {
        **_same("relu", "relu6", "elu", "celu", "selu", "silu", "mish", "softplus", "glu", "squareplus"),
        **_same("hard_tanh", "hard_sigmoid", "hard_silu", "threshold", "sigmoid", "tanh", "hard_shrink"),
        **_same("soft_shrink", "tanh_shrink", "sparse_plus", "sparse_sigmoid", "log_sigmoid"),
        **_renamed(linear="identity", softsign="soft_sign"),
        **_renamed(gelu="gelu_exact", swish="silu", hard_swish="hard_silu", ReLU="relu", ELU="elu"),
        **_renamed(PReLU="prelu"),
        "leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
        "LeakyReLU": ("leaky_relu", {"negative_slope": 0.3}),
    },
    "flax": {**_JAX, **_renamed(PReLU="prelu")},
    "timm": {
        **_same("relu", "relu6", "leaky_relu", "elu", "celu", "selu", "silu", "mish", "prelu", "sigmoid"),
        **_same("tanh", "quick_gelu", "hard_sigmoid", "hard_mish", "identity"),
        **_renamed(gelu="gelu_exact", gelu_tanh="gelu", swish="silu", hard_swish="hard_silu"),
    },
}

# Keras's relu is ours until it is given an argument.
WITH_ARGUMENTS = {("keras", "relu"): "general_relu", ("keras", "ReLU"): "general_relu"}

# What users of a library call an argument, where we call it something else.
SPELLINGS = {
    "torch": {"dim": "axis", "min_val": "min_value", "max_val": "max_value", "lambd": "threshold"},
    "keras": {"default_value": "value"},
}

# And what they write for its value.
VALUES = {("torch", "approximate"): {"none": False, "tanh": True}}
