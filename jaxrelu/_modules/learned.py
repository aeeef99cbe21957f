"""What a learned module is, whichever framework holds its parameters: one class for each, and their base."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import field
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
from .checks import cast, check_length, check_one, greater
from .parameters import (
    ACON_SLOPES,
    APL_OFFSETS,
    LOG_THRESHOLD,
    Init,
    along_axis,
    apl_slopes,
    initializer,
    initializer_through_softplus,
    through_softplus,
    wide,
)
from .settings import settings


@settings
class Learned:
    """A function and the names of its parameters. The parameter p starts at the argument p_init.

    Args:
      num_features: the number of channels for one value per channel; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    Raises:
      TypeError: if an argument has another type than it must have, or if the input is complex.
      ValueError: if an argument is out of range, or if num_features is not the length of the axis.
    """

    _function: ClassVar[Callable[..., Array]]
    _parameters: ClassVar[tuple[str, ...]]
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

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


@settings
class PReLU(Learned):
    """`jaxrelu.prelu` with a learned slope.

    Exclude the slope from weight decay (He et al. 2015, section 2.1), as in the example.

    The parameter is `negative_slope`, of shape (), (num_features,), or slope_shape.

    Args:
      negative_slope_init: the first slope, or an initializer `(key, shape, dtype)`. Flax's default is 0.01;
        the paper starts at 0.25.
      slope_shape: the shape of the slopes in place of num_features: any that broadcasts to the shape of the
        input, as (height, width, 1) for what Keras calls `shared_axes`.

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """

    _parameters = ("negative_slope",)
    negative_slope_init: Init = field(default=0.01, kw_only=False)
    slope_shape: tuple[int, ...] | None = None

    def _check(self, inits: Mapping[str, Init]) -> None:
        check_one("PReLU", num_features=self.num_features, slope_shape=self.slope_shape)
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


@settings
class JumpReLU(Learned):
    """`jaxrelu.jump_relu` with a learned threshold.

    The parameter `log_threshold` is the logarithm of the threshold, as in the paper, so that the threshold
    stays positive. Its shape is () or (num_features,), and its gradient the straight-through estimator of
    `jaxrelu.jump_relu`. Exclude it from weight decay, as in the example.

    Args:
      log_threshold_init: the logarithm of the first threshold, or an initializer `(key, shape, dtype)`; that
        of 0.001, the paper's, unless given.
      bandwidth: the width of the estimator's rectangle, in the units of the input.
      num_features: the number of channels for one threshold per channel, as in the paper; None for one in
        all.

    References:
      Rajamanoharan et al., Jumping ahead: improving reconstruction fidelity with JumpReLU sparse
      autoencoders, arXiv 2407.14435.
    """

    _function = staticmethod(jump_relu)
    _parameters = ("log_threshold",)
    log_threshold_init: Init = LOG_THRESHOLD
    bandwidth: float = 0.001

    def _of(self, x: Array, **parameters: Array) -> Array:
        logarithm = parameters["log_threshold"]
        threshold = jnp.exp(logarithm.astype(wide(logarithm.dtype)))
        return jump_relu(x, threshold, self.bandwidth)


@settings
class SReLU(Learned):
    """`jaxrelu.srelu` with learned thresholds and slopes.

    It starts as leaky_relu: the right slope is 1. The paper keeps the parameters fixed for the first epochs,
    and then sets the right threshold to a high quantile of the input of the layer. Nothing keeps the left
    threshold below the right one. Exclude all four from weight decay, as in the example.

    The parameters are `left_threshold`, `left_slope`, `right_threshold` and `right_slope`, of shape () or
    (num_features,).

    Args:
      left_threshold_init: the first left threshold, in the units of the input, or an initializer
        `(key, shape, dtype)`; likewise the others. 0 in the paper.
      left_slope_init: the first slope left of it. In the paper any from 0 to 1.
      right_threshold_init: the first right threshold, in the units of the input.
      right_slope_init: the first slope right of it. 1 in the paper.

    References:
      Jin et al., Deep learning with S-shaped rectified linear activation units, AAAI 2016.
    """

    _function = staticmethod(srelu)
    _parameters = ("left_threshold", "left_slope", "right_threshold", "right_slope")
    left_threshold_init: Init = 0.0
    left_slope_init: Init = 0.2
    right_threshold_init: Init = 1.0
    right_slope_init: Init = 1.0


@settings
class APL(Learned):
    """`jaxrelu.apl` with learned hinges.

    Exclude slopes and offsets from weight decay, as in the example, or follow the paper's 0.001 L2.

    The parameters are `slopes` and `offsets`, of shape (hinges,) or (hinges, num_features).

    Args:
      hinges: how many hinges are added to relu.
      slopes_init: the first slope of all hinges, or an initializer `(key, shape, dtype)`. Uniform from -1/2
        to 1/2 and normal with deviation 1/2, for slopes and offsets, are those of the paper's experiments.
      offsets_init: likewise the first offset, in the units of the input.
      num_features: the number of channels for one set per channel; None for one set in all.

    References:
      Agostinelli et al., Learning activation functions to improve deep neural networks, arXiv 1412.6830.
    """

    _function = staticmethod(apl)
    _parameters = ("slopes", "offsets")
    hinges: int = field(default=1, kw_only=False)
    slopes_init: Init = apl_slopes
    offsets_init: Init = APL_OFFSETS

    def _own_shape(self) -> tuple[int, ...]:
        return (self.hinges,)


@settings
class PELU(Learned):
    """`jaxrelu.pelu` with a learned limit and decay length.

    Both must stay positive: the paper clips them to at least 0.1 after each update. Exclude them from weight
    decay, as in the example.

    The parameters are `alpha` and `beta`, of shape () or (num_features,).

    Args:
      alpha_init: the first alpha, positive, or an initializer `(key, shape, dtype)`.
      beta_init: likewise the first beta.

    References:
      Trottier, Giguere and Chaib-draa, Parametric exponential linear unit for deep convolutional neural
      networks, arXiv 1605.09332.
    """

    _function = staticmethod(pelu)
    _parameters = ("alpha", "beta")
    alpha_init: Init = 1.0
    beta_init: Init = 1.0

    def _bounds(self) -> dict[str, float]:
        return {"alpha": 0.0, "beta": 0.0}


@settings
class XIELU(Learned):
    """`jaxrelu.xielu` with learned curvatures, kept in their range by softplus.

    The parameters are `alpha_p` and `alpha_n`, of shape () or (num_features,). As in Hugging Face, they are
    the curvatures before softplus: the function gets softplus(alpha_p) and beta + softplus(alpha_n), of which
    the second is above beta, so that the slope below 0 becomes negative. Exclude them from weight decay, as
    in the example.

    Args:
      alpha_p_init: the first curvature above 0, after softplus, positive; or an initializer
        `(key, shape, dtype)` of it.
      alpha_n_init: likewise the first curvature below 0, above beta.
      beta: the slope at 0, fixed.

    References:
      Huang and Schlag, Deriving activation functions using integration, arXiv 2411.13010.
    """

    _function = staticmethod(xielu)
    _parameters = ("alpha_p", "alpha_n")
    alpha_p_init: Init = 0.8
    alpha_n_init: Init = 0.8
    beta: float = 0.5

    def _bounds(self) -> dict[str, float]:
        return {"alpha_p": 0.0, "alpha_n": self.beta}

    def _initializer(self, name: str, init: Init) -> Initializer:
        return initializer_through_softplus(init, self._bounds()[name], self._inside)

    def _of(self, x: Array, **parameters: Array) -> Array:
        bounds = self._bounds()
        curvatures = {k: through_softplus(v, bounds[k]) for k, v in parameters.items()}
        return xielu(x, **curvatures, beta=self.beta)


@settings
class AconC(Learned):
    """`jaxrelu.acon_c` with learned slopes and rate.

    Exclude the parameters from weight decay, as in the example.

    The parameters are `p1`, `p2` and `beta`, of shape () or (num_features,).

    Args:
      p1_init: the first slope far out on one side, or an initializer `(key, shape, dtype)`. Normal with
        deviation 1 for both, as in the paper's code; 1 and 0 start at silu.
      p2_init: the first slope far out on the other side; likewise. Equal slopes make a line, and beta learns
        nothing there.
      beta_init: how sharply it switches at first; likewise.
      num_features: the number of channels for one value per channel, as in the paper; None for one in all.

    References:
      Ma et al., Activate or not: learning customized activation, CVPR 2021.
    """

    _function = staticmethod(acon_c)
    _parameters = ("p1", "p2", "beta")
    p1_init: Init = ACON_SLOPES
    p2_init: Init = ACON_SLOPES
    beta_init: Init = 1.0


@settings
class ParametricSwish(Learned):
    """`jaxrelu.parametric_swish` with a learned rate.

    Exclude the rate from weight decay, as in the example.

    The parameter is `beta`, of shape () or (num_features,).

    Args:
      beta_init: the first rate, or an initializer `(key, shape, dtype)`.

    References:
      Ramachandran, Zoph and Le, Searching for activation functions, arXiv 1710.05941.
    """

    _function = staticmethod(parametric_swish)
    _parameters = ("beta",)
    beta_init: Init = 1.0
