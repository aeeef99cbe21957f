"""NNX modules of learned functions: of lines (PReLU, JumpReLU, SReLU, APL), and smooth ones."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._modules import learned
from .._modules.checks import check, check_one
from .._modules.documentation import completed_by
from .._modules.parameters import ACON_SLOPES, APL_OFFSETS, LOG_THRESHOLD, Init, apl_slopes
from .parameters import DOCUMENTATION, Learned

PromoteDtype = Callable[..., Any]  # Flax's: of arrays and the keyword dtype


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class PReLU(learned.PReLU, Learned):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.nnx.PReLU`.

    Exclude the slope from weight decay (He et al. 2015, section 2.1), as in the example.

    Args:
      negative_slope_init: the first slope, or an initializer `(key, shape, dtype)`. Flax's default is 0.01;
        the paper starts at 0.25.
      slope_shape: the shape of the slopes in place of num_features: any that broadcasts to the shape of the
        input, as (height, width, 1) for what Keras calls `shared_axes`.
      promote_dtype: as in Flax, a function of (input, slope) and of the keyword dtype, which gives both anew;
        called where dtype is given, in place of a cast of the input. None for that cast.
      negative_slope_metadata: passed to `nnx.Param`, for sharding and the like.

    Attributes:
      negative_slope: `nnx.Param` of shape (), (num_features,), or slope_shape.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import PReLU
      >>> model = PReLU(0.25, num_features=3)
      >>> model(jnp.array([-4.0, 0.0, 4.0]))
      Array([-1.,  0.,  4.], dtype=float32)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """

    negative_slope: nnx.Param[Array]

    def __init__(
        self,
        negative_slope_init: Init = 0.01,
        *,
        num_features: int | None = None,
        slope_shape: tuple[int, ...] | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        promote_dtype: PromoteDtype | None = None,
        negative_slope_metadata: Mapping[str, Any] | None = None,
        rngs: nnx.Rngs | None = None,
    ):
        metadata = negative_slope_metadata
        check(type(self).__name__, slope_shape=slope_shape, promote_dtype=promote_dtype)
        check(type(self).__name__, negative_slope_metadata=metadata)
        check_one(type(self).__name__, num_features=num_features, slope_shape=slope_shape)
        self.slope_shape = None if slope_shape is None else tuple(slope_shape)
        self.promote_dtype = promote_dtype
        self._hold(num_features, axis, dtype, param_dtype, rngs, metadata, negative_slope=negative_slope_init)

    def _value(self, x: ArrayLike, parameters: dict[str, Array]) -> Array:
        if self.promote_dtype is not None and self.dtype is not None:
            x, slope = self.promote_dtype((x, parameters["negative_slope"]), dtype=self.dtype)
            parameters = {"negative_slope": slope}
        return super()._value(x, parameters)


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class JumpReLU(learned.JumpReLU, Learned):
    """`jaxrelu.jump_relu` with a learned threshold, for sparse autoencoders.

    The parameter is the logarithm of the threshold, as in the paper, so that the threshold stays positive.
    Its gradient is the straight-through estimator of `jaxrelu.jump_relu`. Exclude it from weight decay, as
    in the example.

    Args:
      log_threshold_init: the logarithm of the first threshold, or an initializer `(key, shape, dtype)`; that
        of 0.001, the paper's, unless given.
      bandwidth: the width of the estimator's rectangle, in the units of the input.
      num_features: the number of channels for one threshold per channel, as in the paper; None for one in
        all.

    Attributes:
      log_threshold: `nnx.Param` of shape () or (num_features,).

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import JumpReLU
      >>> model = JumpReLU(log_threshold_init=jnp.log(0.5), num_features=3)
      >>> model(jnp.array([-1.0, 0.4, 2.0]))
      Array([0., 0., 2.], dtype=float32)

    References:
      Rajamanoharan et al., Jumping ahead: improving reconstruction fidelity with JumpReLU sparse
      autoencoders, arXiv 2407.14435.
    """

    log_threshold: nnx.Param[Array]

    def __init__(
        self,
        *,
        log_threshold_init: Init = LOG_THRESHOLD,
        bandwidth: float = 0.001,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        check(type(self).__name__, bandwidth=bandwidth)
        self.bandwidth = bandwidth
        self._hold(num_features, axis, dtype, param_dtype, rngs, log_threshold=log_threshold_init)


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class SReLU(learned.SReLU, Learned):
    """`jaxrelu.srelu` with learned thresholds and slopes.

    It starts as leaky_relu: the right slope is 1. The paper keeps the parameters fixed for the first epochs,
    and then sets the right threshold to a high quantile of the input of the layer. Nothing keeps the left
    threshold below the right one. Exclude all four from weight decay, as in the example.

    Args:
      left_threshold_init: the first left threshold, in the units of the input, or an initializer
        `(key, shape, dtype)`; likewise the others. 0 in the paper.
      left_slope_init: the first slope left of it. In the paper any from 0 to 1.
      right_threshold_init: the first right threshold, in the units of the input.
      right_slope_init: the first slope right of it. 1 in the paper.

    Attributes:
      left_threshold, left_slope, right_threshold, right_slope: each an `nnx.Param`, of shape () or
        (num_features,).

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import SReLU
      >>> model = SReLU(left_slope_init=0.25, right_slope_init=0.5, num_features=3)
      >>> model(jnp.array([-4.0, 0.5, 3.0]))
      Array([-1. ,  0.5,  2. ], dtype=float32)

    References:
      Jin et al., Deep learning with S-shaped rectified linear activation units, AAAI 2016.
    """

    left_threshold: nnx.Param[Array]
    left_slope: nnx.Param[Array]
    right_threshold: nnx.Param[Array]
    right_slope: nnx.Param[Array]

    def __init__(
        self,
        *,
        left_threshold_init: Init = 0.0,
        left_slope_init: Init = 0.2,
        right_threshold_init: Init = 1.0,
        right_slope_init: Init = 1.0,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        self._hold(
            num_features,
            axis,
            dtype,
            param_dtype,
            rngs,
            left_threshold=left_threshold_init,
            left_slope=left_slope_init,
            right_threshold=right_threshold_init,
            right_slope=right_slope_init,
        )


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class APL(learned.APL, Learned):
    """`jaxrelu.apl` with learned hinges.

    Exclude slopes and offsets from weight decay, as in the example, or follow the paper's 0.001 L2.

    Args:
      hinges: how many hinges are added to relu.
      slopes_init: the first slope of all hinges, or an initializer `(key, shape, dtype)`. Uniform from -1/2
        to 1/2 and normal with deviation 1/2, for slopes and offsets, are those of the paper's experiments.
      offsets_init: likewise the first offset, in the units of the input.
      num_features: the number of channels for one set per channel; None for one set in all.
      rngs: needed with an initializer, and so by default.

    Attributes:
      slopes, offsets: each an `nnx.Param` of shape (hinges,) or (hinges, num_features).

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import APL
      >>> model = APL(slopes_init=0.5, offsets_init=1.0)
      >>> model(jnp.array([-1.0, 0.0, 2.0]))
      Array([1. , 0.5, 2. ], dtype=float32)

    References:
      Agostinelli et al., Learning activation functions to improve deep neural networks, arXiv 1412.6830.
    """

    slopes: nnx.Param[Array]
    offsets: nnx.Param[Array]

    def __init__(
        self,
        hinges: int = 1,
        *,
        slopes_init: Init = apl_slopes,
        offsets_init: Init = APL_OFFSETS,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        check(type(self).__name__, hinges=hinges)
        self.hinges = hinges
        self._hold(num_features, axis, dtype, param_dtype, rngs, slopes=slopes_init, offsets=offsets_init)


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class PELU(learned.PELU, Learned):
    """`jaxrelu.pelu` with a learned limit and decay length.

    Both must stay positive: the paper clips them to at least 0.1 after each update. Exclude them from weight
    decay, as in the example.

    Args:
      alpha_init: the first alpha, positive, or an initializer `(key, shape, dtype)`.
      beta_init: likewise the first beta.

    Attributes:
      alpha, beta: each an `nnx.Param` of shape () or (num_features,).

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import PELU
      >>> model = PELU(alpha_init=2.0, beta_init=0.5, num_features=3)
      >>> model(jnp.array([-jnp.inf, 0.0, 3.0]))
      Array([-2.,  0., 12.], dtype=float32)

    References:
      Trottier, Giguere and Chaib-draa, Parametric exponential linear unit for deep convolutional neural
      networks, arXiv 1605.09332.
    """

    alpha: nnx.Param[Array]
    beta: nnx.Param[Array]

    def __init__(
        self,
        *,
        alpha_init: Init = 1.0,
        beta_init: Init = 1.0,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        self._hold(num_features, axis, dtype, param_dtype, rngs, alpha=alpha_init, beta=beta_init)


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class XIELU(learned.XIELU, Learned):
    """`jaxrelu.xielu` with learned curvatures, kept in their range by softplus.

    As in Hugging Face, the parameters are the curvatures before softplus: the function gets
    softplus(alpha_p) and beta + softplus(alpha_n), of which the second is above beta, so that the slope below
    0 becomes negative. Exclude them from weight decay, as in the example.

    Args:
      alpha_p_init: the first curvature above 0, after softplus, positive; or an initializer
        `(key, shape, dtype)` of it.
      alpha_n_init: likewise the first curvature below 0, above beta.
      beta: the slope at 0, fixed.

    Attributes:
      alpha_p, alpha_n: each an `nnx.Param` of shape () or (num_features,), before softplus.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import XIELU
      >>> model = XIELU(num_features=3)
      >>> model(jnp.array([-1.0, 0.0, 2.0])).round(4)  # 0.8 (exp(-1) - 1 + 1) - 0.5, 0, 0.8 * 4 + 0.5 * 2
      Array([-0.2057,  0.    ,  4.2   ], dtype=float32)

    References:
      Huang and Schlag, Deriving activation functions using integration, arXiv 2411.13010.
    """

    alpha_p: nnx.Param[Array]
    alpha_n: nnx.Param[Array]

    def __init__(
        self,
        *,
        alpha_p_init: Init = 0.8,
        alpha_n_init: Init = 0.8,
        beta: float = 0.5,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        check(type(self).__name__, beta=beta)
        self.beta = beta
        self._hold(num_features, axis, dtype, param_dtype, rngs, alpha_p=alpha_p_init, alpha_n=alpha_n_init)


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class AconC(learned.AconC, Learned):
    """`jaxrelu.acon_c` with learned slopes and rate.

    Exclude the parameters from weight decay, as in the example.

    Args:
      p1_init: the first slope far out on one side, or an initializer `(key, shape, dtype)`. Normal with
        deviation 1 for both, as in the paper's code; 1 and 0 start at silu.
      p2_init: the first slope far out on the other side; likewise. Equal slopes make a line, and beta learns
        nothing there.
      beta_init: how sharply it switches at first; likewise.
      num_features: the number of channels for one value per channel, as in the paper; None for one in all.
      rngs: needed with an initializer, and so by default.

    Attributes:
      p1, p2, beta: each an `nnx.Param` of shape () or (num_features,).

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import AconC
      >>> model = AconC(p1_init=1.5, p2_init=0.5, beta_init=0.0)
      >>> model(jnp.array([-1.0, 1.0]))
      Array([-1.,  1.], dtype=float32)

    References:
      Ma et al., Activate or not: learning customized activation, CVPR 2021.
    """

    p1: nnx.Param[Array]
    p2: nnx.Param[Array]
    beta: nnx.Param[Array]

    def __init__(
        self,
        *,
        p1_init: Init = ACON_SLOPES,
        p2_init: Init = ACON_SLOPES,
        beta_init: Init = 1.0,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        self._hold(num_features, axis, dtype, param_dtype, rngs, p1=p1_init, p2=p2_init, beta=beta_init)


@completed_by(learned.DOCUMENTATION, DOCUMENTATION)
class ParametricSwish(learned.ParametricSwish, Learned):
    """`jaxrelu.parametric_swish` with a learned rate; it starts at silu.

    Exclude the rate from weight decay, as in the example.

    Args:
      beta_init: the first rate, or an initializer `(key, shape, dtype)`.

    Attributes:
      beta: `nnx.Param` of shape () or (num_features,).

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import ParametricSwish
      >>> model = ParametricSwish(beta_init=0.0, num_features=2)
      >>> model(jnp.array([-1.0, 1.0]))
      Array([-0.5,  0.5], dtype=float32)

    References:
      Ramachandran, Zoph and Le, Searching for activation functions, arXiv 1710.05941.
    """

    beta: nnx.Param[Array]

    def __init__(
        self,
        *,
        beta_init: Init = 1.0,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs | None = None,
    ):
        self._hold(num_features, axis, dtype, param_dtype, rngs, beta=beta_init)
