"""NNX modules of learned lines: PReLU, SReLU, APL."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.apl import apl
from .._functions.learned import prelu, srelu
from .._modules.parameters import APL_OFFSETS, Init, apl_slopes, cast, check_length, positive_integers
from .parameters import Parameters, along


class PReLU(nnx.Module):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.nnx.PReLU`.

    Exclude the slope from weight decay (He et al. 2015, section 2.1), as in the example.

    Args:
      negative_slope_init: the first slope, or an initializer `(key, shape, dtype)`. Flax's default is 0.01;
        the paper starts at 0.25.
      num_features: the number of channels for one slope per channel; None for one slope in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the slope; it never changes the dtype of the result.
      negative_slope_metadata: passed to `nnx.Param`, for sharding and the like.
      rngs: needed only with an initializer.

    Attributes:
      negative_slope: `nnx.Param` of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis when called, or if rngs
        is needed.

    Examples:
      >>> import jax.numpy as jnp, optax
      >>> from flax import nnx
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.nnx import PReLU
      >>> model = PReLU(0.25, num_features=3)
      >>> model(jnp.array([-4.0, 0.0, 4.0]))
      Array([-1.,  0.,  4.], dtype=float32)
      >>> optimizer = nnx.Optimizer(model, optax.adamw(1e-3, mask=weight_decay_mask), wrt=nnx.Param)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """

    def __init__(
        self,
        negative_slope_init: Init = 0.01,
        *,
        num_features: int | None = None,
        axis: int = -1,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        negative_slope_metadata: Mapping[str, Any] | None = None,
        rngs: nnx.Rngs | None = None,
    ):
        new = Parameters("PReLU", num_features, param_dtype, rngs)
        self.negative_slope = new("negative_slope", negative_slope_init, **(negative_slope_metadata or {}))
        self.axis = axis
        self.dtype = dtype

    @jax.named_scope("jaxrelu.nnx.PReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        slope = self.negative_slope[...]
        if slope.ndim:
            check_length("PReLU", "num_features", slope.shape[0], x, self.axis)
        return prelu(x, slope, self.axis)


class SReLU(nnx.Module):
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
      num_features: the number of channels for one value per channel; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      rngs: needed only with an initializer.

    Attributes:
      left_threshold, left_slope, right_threshold, right_slope: `nnx.Param`s of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis when called, or if rngs
        is needed.

    Examples:
      >>> import jax.numpy as jnp, optax
      >>> from flax import nnx
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.nnx import SReLU
      >>> model = SReLU(left_slope_init=0.25, right_slope_init=0.5, num_features=3)
      >>> model(jnp.array([-4.0, 0.5, 3.0]))
      Array([-1. ,  0.5,  2. ], dtype=float32)
      >>> optimizer = nnx.Optimizer(model, optax.adamw(1e-3, mask=weight_decay_mask), wrt=nnx.Param)

    References:
      Jin et al., Deep learning with S-shaped rectified linear activation units, AAAI 2016.
    """

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
        new = Parameters("SReLU", num_features, param_dtype, rngs)
        self.left_threshold = new("left_threshold", left_threshold_init)
        self.left_slope = new("left_slope", left_slope_init)
        self.right_threshold = new("right_threshold", right_threshold_init)
        self.right_slope = new("right_slope", right_slope_init)
        self.axis = axis
        self.dtype = dtype

    @jax.named_scope("jaxrelu.nnx.SReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        names = "left_threshold", "left_slope", "right_threshold", "right_slope"
        return srelu(x, **along(self, x, self.axis, *names))


class APL(nnx.Module):
    """`jaxrelu.apl` with learned hinges.

    Exclude slopes and offsets from weight decay, as in the example, or follow the paper's 0.001 L2.

    Args:
      hinges: how many hinges are added to relu.
      slopes_init: the first slope of all hinges, or an initializer `(key, shape, dtype)`. Uniform from -1/2
        to 1/2 and normal with deviation 1/2, for slopes and offsets, are those of the paper's experiments.
      offsets_init: likewise the first offset, in the units of the input.
      num_features: the number of channels for one set per channel; None for one set in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      rngs: needed with an initializer, and so by default.

    Attributes:
      slopes, offsets: `nnx.Param`s of shape (hinges,) or (hinges, num_features).

    Raises:
      ValueError: if hinges or num_features is not positive, if num_features is not the length of the axis
        when called, or if rngs is needed.

    Examples:
      >>> import jax.numpy as jnp, optax
      >>> from flax import nnx
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.nnx import APL
      >>> APL(slopes_init=0.5, offsets_init=1.0)(jnp.array([-1.0, 0.0, 2.0]))
      Array([1. , 0.5, 2. ], dtype=float32)
      >>> model = APL(5, num_features=3, rngs=nnx.Rngs(0))
      >>> optimizer = nnx.Optimizer(model, optax.adamw(1e-3, mask=weight_decay_mask), wrt=nnx.Param)

    References:
      Agostinelli et al., Learning activation functions to improve deep neural networks, arXiv 1412.6830.
    """

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
        positive_integers("APL", hinges=hinges)
        new = Parameters("APL", num_features, param_dtype, rngs, leading=(hinges,))
        self.slopes = new("slopes", slopes_init)
        self.offsets = new("offsets", offsets_init)
        self.axis = axis
        self.dtype = dtype

    @jax.named_scope("jaxrelu.nnx.APL")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        return apl(x, **along(self, x, self.axis, "slopes", "offsets", leading=1))
