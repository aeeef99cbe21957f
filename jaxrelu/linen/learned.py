"""Linen modules of learned lines: PReLU, SReLU, APL."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.apl import apl
from .._functions.learned import prelu, srelu
from .._modules.parameters import (
    APL_OFFSETS,
    Init,
    apl_slopes,
    cast,
    channel_shape,
    check_length,
    initializer,
    positive_integers,
)
from .parameters import along


class PReLU(nn.Module):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.linen.PReLU`.

    Exclude the slope from weight decay (He et al. 2015, section 2.1), as in the example.

    Attributes:
      negative_slope_init: the first slope, or an initializer `(key, shape, dtype)`. Flax's default is 0.01;
        the paper starts at 0.25.
      num_features: the number of channels for one slope per channel; None for one slope in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the slope; it never changes the dtype of the result.

    The parameter is `negative_slope`, of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import PReLU
      >>> x = jnp.array([-4.0, 0.0, 4.0])
      >>> model = PReLU(0.25, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1.,  0.,  4.], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """

    negative_slope_init: Init = 0.01
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.PReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        shape = channel_shape("PReLU", self.num_features)
        if self.num_features is not None:
            check_length("PReLU", "num_features", self.num_features, x, self.axis)
        init = initializer(self.negative_slope_init)
        return prelu(x, self.param("negative_slope", init, shape, self.param_dtype), self.axis)


class SReLU(nn.Module, kw_only=True):
    """`jaxrelu.srelu` with learned thresholds and slopes.

    It starts as leaky_relu: the right slope is 1. The paper keeps the parameters fixed for the first epochs,
    and then sets the right threshold to a high quantile of the input of the layer. Nothing keeps the left
    threshold below the right one. Exclude all four from weight decay, as in the example.

    Attributes:
      left_threshold_init: the first left threshold, in the units of the input, or an initializer
        `(key, shape, dtype)`; likewise the others. 0 in the paper.
      left_slope_init: the first slope left of it. In the paper any from 0 to 1.
      right_threshold_init: the first right threshold, in the units of the input.
      right_slope_init: the first slope right of it. 1 in the paper.
      num_features: the number of channels for one value per channel; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    The parameters are `left_threshold`, `left_slope`, `right_threshold` and `right_slope`, of shape () or
    (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import SReLU
      >>> x = jnp.array([-4.0, 0.5, 3.0])
      >>> model = SReLU(left_slope_init=0.25, right_slope_init=0.5, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1. ,  0.5,  2. ], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      Jin et al., Deep learning with S-shaped rectified linear activation units, AAAI 2016.
    """

    left_threshold_init: Init = 0.0
    left_slope_init: Init = 0.2
    right_threshold_init: Init = 1.0
    right_slope_init: Init = 1.0
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.SReLU")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        parameters = along(
            self,
            x,
            left_threshold=self.left_threshold_init,
            left_slope=self.left_slope_init,
            right_threshold=self.right_threshold_init,
            right_slope=self.right_slope_init,
        )
        return srelu(x, **parameters)


class APL(nn.Module):
    """`jaxrelu.apl` with learned hinges.

    Exclude slopes and offsets from weight decay, as in the example, or follow the paper's 0.001 L2.

    Attributes:
      hinges: how many hinges are added to relu.
      slopes_init: the first slope of all hinges, or an initializer `(key, shape, dtype)`. Uniform from -1/2
        to 1/2 and normal with deviation 1/2, for slopes and offsets, are those of the paper's experiments.
      offsets_init: likewise the first offset, in the units of the input.
      num_features: the number of channels for one set per channel; None for one set in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    The parameters are `slopes` and `offsets`, of shape (hinges,) or (hinges, num_features).

    Raises:
      ValueError: if hinges or num_features is not positive, or num_features not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import APL
      >>> x = jnp.array([-1.0, 0.0, 2.0])
      >>> model = APL(slopes_init=0.5, offsets_init=1.0)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([1. , 0.5, 2. ], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      Agostinelli et al., Learning activation functions to improve deep neural networks, arXiv 1412.6830.
    """

    hinges: int = 1
    slopes_init: Init = apl_slopes
    offsets_init: Init = APL_OFFSETS
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.APL")
    def __call__(self, x: ArrayLike) -> Array:
        positive_integers("APL", hinges=self.hinges)
        x = cast(x, self.dtype)
        inits = {"slopes": self.slopes_init, "offsets": self.offsets_init}
        return apl(x, **along(self, x, (self.hinges,), **inits))
