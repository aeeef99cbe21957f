"""Where jaxrelu means to differ from another library, and why: the one table that tests and docs share."""

from typing import NamedTuple


class Difference(NamedTuple):
    library: str
    variants: str
    """Names with spaces between them."""
    what: str
    """"value" or "slope"."""
    at: tuple[str, ...]
    """Points of the grid as Python writes them."""
    reason: str


_INFINITY = ("inf", "-inf")
_ZEROS = ("0", "-0")
LIMIT = "theirs is NaN, infinity times zero or minus infinity; ours is the limit"
CANCELS = "theirs subtracts two large numbers and gives 0; ours is b / (4 |x|)"
_HIDES = "theirs hides a NaN; ours lets it through"
_MEAN = "theirs is 1/4, the mean of both sides; ours 0, as hard_sigmoid's"
_LEFT = "theirs is the slope from the left; ours is that of jax.nn, from the right"

DIFFERENCES: tuple[Difference, ...] = (
    Difference("jax.nn", "silu mish squareplus hard_silu gelu gelu_exact", "value", ("-inf",), LIMIT),
    Difference("jax.nn", "silu mish squareplus gelu gelu_exact", "slope", _INFINITY, LIMIT),
    Difference("jax.nn", "squareplus", "value", ("-10000",), CANCELS),
    Difference("jax.nn", "soft_sign", "value", _INFINITY, LIMIT),
    Difference("jax.nn", "soft_sign", "slope", _INFINITY, LIMIT),
    Difference("jax.nn", "sparse_plus", "slope", _INFINITY, LIMIT),
    Difference("jax.nn", "sparse_sigmoid", "slope", ("-1", "1"), _MEAN),
    Difference("flax", "silu hard_silu gelu", "value", ("-inf",), LIMIT),
    Difference("flax", "silu gelu", "slope", _INFINITY, LIMIT),
    Difference("keras", "silu mish squareplus hard_silu gelu gelu_exact", "value", ("-inf",), LIMIT),
    Difference("keras", "silu mish squareplus gelu gelu_exact", "slope", _INFINITY, LIMIT),
    Difference("keras", "squareplus", "value", ("-10000",), CANCELS),
    Difference("keras", "soft_sign", "value", _INFINITY, LIMIT),
    Difference("keras", "soft_sign sparse_plus", "slope", _INFINITY, LIMIT),
    Difference("keras", "sparse_sigmoid", "slope", ("-1", "1"), _MEAN),
    Difference("keras", "threshold hard_shrink soft_shrink", "value", ("nan",), _HIDES),
    Difference(
        "keras",
        "general_relu",
        "slope",
        ("1",),
        "theirs is 0 at the threshold, on neither side; ours is negative_slope",
    ),
    Difference("keras", "general_relu", "slope", ("6",), "theirs is 1/2 at the ceiling; ours 0, as relu6's"),
    Difference("keras", "general_relu", "slope", ("nan",), "theirs is 0; ours as leaky_relu's"),
    Difference("torch", "silu mish hard_silu gelu gelu_exact", "value", ("-inf",), LIMIT),
    Difference("torch", "gelu_exact", "value", ("inf",), LIMIT),
    Difference("torch", "silu mish gelu gelu_exact", "slope", _INFINITY, LIMIT),
    Difference("torch", "leaky_relu rrelu prelu", "slope", _ZEROS, _LEFT),
    Difference("torch", "hard_tanh", "slope", ("-1", "1", "nan"), "theirs is 0; ours is that of jax.nn, 1"),
    Difference(
        "torch",
        "relu relu6 threshold",
        "slope",
        ("nan",),
        "theirs is 1; ours is that of jax.nn, 0",
    ),
    Difference("torch", "hard_shrink soft_shrink", "slope", ("nan",), "theirs is 1; ours 0, as that of relu"),
    Difference("torch", "soft_sign", "value", _INFINITY, LIMIT),
    Difference("torch", "soft_sign", "slope", _INFINITY, LIMIT),
    Difference(
        "torch",
        "elu celu selu hard_silu",
        "slope",
        ("nan",),
        "theirs is that of large x; ours is that of jax.nn, NaN",
    ),
)
