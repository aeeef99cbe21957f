"""What a learned module is, whichever framework holds its parameters: one class for each, and their base."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn.initializers import Initializer
from jax.typing import ArrayLike, DTypeLike

from .._functions.apl import apl
from .._functions.learned import pelu, prelu, srelu, xielu
from .._functions.rectifiers import leaky_relu
from .._functions.shrinkage import jump_relu
from .._functions.swish import acon_c, parametric_swish
from .._mechanism.arguments import check_broadcast
from .checks import cast, check_length, greater
from .parameters import (
    Init,
    along_axis,
    initializer,
    initializer_through_softplus,
    through_softplus,
    wide,
)

DOCUMENTATION = """
    Args:
      num_features: the number of channels for one value per channel; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    Raises:
      TypeError: if an argument has another type than it must have, or if the input is complex.
      ValueError: if an argument is out of range, or if num_features is not the length of the axis.
    """


class Learned:
    """A function and the names of its parameters. The parameter p starts at the argument p_init."""

    _function: ClassVar[Callable[..., Array]]
    _parameters: ClassVar[tuple[str, ...]]
    axis: int
    dtype: DTypeLike | None

    def _check(self, inits: Mapping[str, Init]) -> None:
        """Raises what can be said of the first values at construction."""
        for name, bound in self._bounds().items():
            greater(type(self).__name__, bound, **{f"{name}_init": inits[name]})

    def _bounds(self) -> dict[str, float]:
        """What the first values must be greater than."""
        return {}

    def _own_shape(self) -> tuple[int, ...]:
        """The axes of each parameter that do not lie along the input."""
        return ()

    def _initializer(self, name: str, init: Init) -> Initializer:
        """What draws the parameter of this name."""
        return initializer(init)

    def _inside(self, function: Callable[[Array], Array], first: Any) -> Any:
        """The function of a first value, or of what is in the box around it: in Linen a pytree."""
        return jax.tree.map(function, first)

    def _value(self, x: ArrayLike, parameters: dict[str, Array]) -> Array:
        """The function of x, which is cast, and of the parameters, laid along its axis."""
        module, leading = type(self).__name__, len(self._own_shape())
        x = cast(module, x, self.dtype)
        along = {k: along_axis(module, v, x, self.axis, leading) for k, v in parameters.items()}
        return self._of(x, **along)

    def _of(self, x: Array, **parameters: Array) -> Array:
        return type(self)._function(x, **parameters)


class PReLU(Learned):
    _parameters = ("negative_slope",)
    slope_shape: tuple[int, ...] | None

    def _check(self, inits: Mapping[str, Init]) -> None:
        slope = inits["negative_slope"]
        if isinstance(slope, int) and slope > 1:  # in PyTorch the first argument is the number of channels
            warnings.warn(
                f"PReLU: negative_slope_init, the first slope, is {slope}; for one slope for each of {slope} "
                f"channels write PReLU(num_features={slope}), for this slope PReLU({slope}.0)",
                stacklevel=2,
            )

    def _own_shape(self) -> tuple[int, ...]:
        return self.slope_shape or ()

    def _value(self, x: ArrayLike, parameters: dict[str, Array]) -> Array:
        module, slope = type(self).__name__, parameters["negative_slope"]
        x = cast(module, x, self.dtype)
        if self.slope_shape is not None:
            check_broadcast(module, "slope_shape", self.slope_shape, x)
            return leaky_relu(x, slope)
        if slope.ndim:
            check_length(module, "num_features", slope.shape[0], x, self.axis)
        return prelu(x, slope, self.axis)


class JumpReLU(Learned):
    """The threshold is learned as its logarithm, so that it stays positive."""

    _function = staticmethod(jump_relu)
    _parameters = ("log_threshold",)
    bandwidth: float

    def _of(self, x: Array, **parameters: Array) -> Array:
        logarithm = parameters["log_threshold"]
        threshold = jnp.exp(logarithm.astype(wide(logarithm.dtype)))
        return jump_relu(x, threshold, self.bandwidth)


class SReLU(Learned):
    _function = staticmethod(srelu)
    _parameters = ("left_threshold", "left_slope", "right_threshold", "right_slope")


class APL(Learned):
    _function = staticmethod(apl)
    _parameters = ("slopes", "offsets")
    hinges: int

    def _own_shape(self) -> tuple[int, ...]:
        return (self.hinges,)


class PELU(Learned):
    _function = staticmethod(pelu)
    _parameters = ("alpha", "beta")

    def _bounds(self) -> dict[str, float]:
        return {"alpha": 0.0, "beta": 0.0}


class XIELU(Learned):
    """The parameters are kept before softplus, so that the curvatures stay above their bounds."""

    _function = staticmethod(xielu)
    _parameters = ("alpha_p", "alpha_n")
    beta: float

    def _bounds(self) -> dict[str, float]:
        return {"alpha_p": 0.0, "alpha_n": self.beta}

    def _initializer(self, name: str, init: Init) -> Initializer:
        return initializer_through_softplus(init, self._bounds()[name], self._inside)

    def _of(self, x: Array, **parameters: Array) -> Array:
        bounds = self._bounds()
        curvatures = {k: through_softplus(v, bounds[k]) for k, v in parameters.items()}
        return xielu(x, **curvatures, beta=self.beta)


class AconC(Learned):
    _function = staticmethod(acon_c)
    _parameters = ("p1", "p2", "beta")


class ParametricSwish(Learned):
    _function = staticmethod(parametric_swish)
    _parameters = ("beta",)
