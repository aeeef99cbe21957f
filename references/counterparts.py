"""What PyTorch and Keras call a variant: one map for the tests, the accuracy table and the timed peers.

JAX is not imported here: the peers' processes read this map too.
"""

import dataclasses
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

TORCH, COMPILED, KERAS = "torch", "torch.compile", "keras"
PEERS = (TORCH, COMPILED, KERAS)  # what runs in processes of their own


@dataclasses.dataclass(frozen=True)
class Counterpart:
    """One function of another library.

    Attributes:
      path: where it is, with dots.
      arguments: keywords that make it the variant with its defaults.
      learned: keywords of parameters that are trained, and their values; they take tensors.
    """

    path: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    learned: dict[str, float] = dataclasses.field(default_factory=dict)

    def load(self) -> Callable[..., Any]:
        """`function(x, *learned)`, with the arguments filled in; imports the library."""
        module, _, name = self.path.rpartition(".")
        function = getattr(importlib.import_module(module), name)
        arguments, learned = self.arguments, tuple(self.learned)
        if not learned:
            return lambda x: function(x, **arguments)
        return lambda x, *given: function(x, **dict(zip(learned, given, strict=True)), **arguments)


def _same(module: str, names: str) -> dict[str, Counterpart]:
    """Functions that bear the variant's name and share its defaults."""
    return {name: Counterpart(f"{module}.{name}") for name in names.split()}


_F = "torch.nn.functional"
_K = "keras.activations"

COUNTERPARTS: dict[str, dict[str, Counterpart]] = {
    TORCH: {
        **_same(_F, "relu leaky_relu rrelu relu6 elu celu selu softplus silu mish glu"),
        "threshold": Counterpart(f"{_F}.threshold", {"threshold": 0.0, "value": 0.0}),
        "hard_tanh": Counterpart(f"{_F}.hardtanh"),
        "hard_sigmoid": Counterpart(f"{_F}.hardsigmoid"),
        "hard_silu": Counterpart(f"{_F}.hardswish"),
        "hard_shrink": Counterpart(f"{_F}.hardshrink"),
        "soft_shrink": Counterpart(f"{_F}.softshrink"),
        "tanh_shrink": Counterpart(f"{_F}.tanhshrink"),
        "log_sigmoid": Counterpart(f"{_F}.logsigmoid"),
        "soft_sign": Counterpart(f"{_F}.softsign"),
        "gelu": Counterpart(f"{_F}.gelu", {"approximate": "tanh"}),
        "gelu_exact": Counterpart(f"{_F}.gelu"),
        "prelu": Counterpart(f"{_F}.prelu", learned={"weight": 0.25}),
    },
    KERAS: {
        **_same(_K, "relu relu6 elu celu selu softplus squareplus silu mish glu"),
        **_same(_K, "hard_tanh hard_sigmoid hard_silu hard_shrink soft_shrink tanh_shrink"),
        **_same(_K, "sparse_plus sparse_sigmoid log_sigmoid"),
        "soft_sign": Counterpart(f"{_K}.softsign"),
        "leaky_relu": Counterpart(f"{_K}.leaky_relu", {"negative_slope": 0.01}),
        "threshold": Counterpart("keras.ops.threshold", {"threshold": 0.0, "default_value": 0.0}),
        "gelu": Counterpart(f"{_K}.gelu", {"approximate": True}),
        "gelu_exact": Counterpart(f"{_K}.gelu"),
    },
}
