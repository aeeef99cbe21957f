"""Linen modules of learned smooth functions: PELU, XIELU, AconC, ParametricSwish."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.learned import pelu, xielu
from .._functions.swish import acon_c, parametric_swish
from .._modules.parameters import (
    ACON_SLOPES,
    Init,
    cast,
    greater,
    initializer_through_softplus,
    through_softplus,
)
from .parameters import along


class PELU(nn.Module, kw_only=True):
    """`jaxrelu.pelu` with a learned limit and decay length.

    Both must stay positive: the paper clips them to at least 0.1 after each update. Exclude them from weight
    decay, as in the example.

    Attributes:
      alpha_init: the first alpha, positive, or an initializer `(key, shape, dtype)`.
      beta_init: likewise the first beta.
      num_features: the number of channels for one value per channel; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    The parameters are `alpha` and `beta`, of shape () or (num_features,).

    Raises:
      ValueError: if a first value or num_features is not positive, or num_features not the
        length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import PELU
      >>> x = jnp.array([-jnp.inf, 0.0, 3.0])
      >>> model = PELU(alpha_init=2.0, beta_init=0.5, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-2.,  0., 12.], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      Trottier, Giguere and Chaib-draa, Parametric exponential linear unit for deep convolutional neural
      networks, arXiv 1605.09332.
    """

    alpha_init: Init = 1.0
    beta_init: Init = 1.0
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.PELU")
    def __call__(self, x: ArrayLike) -> Array:
        greater("PELU", 0.0, alpha_init=self.alpha_init, beta_init=self.beta_init)
        x = cast(x, self.dtype)
        return pelu(x, **along(self, x, alpha=self.alpha_init, beta=self.beta_init))


class XIELU(nn.Module, kw_only=True):
    """`jaxrelu.xielu` with learned curvatures, kept in their range by softplus.

    As in Hugging Face, the parameters are the curvatures before softplus: the function gets
    softplus(alpha_p) and beta + softplus(alpha_n), of which the second is above beta, so that the slope below
    0 becomes negative. Exclude them from weight decay, as in the example.

    Attributes:
      alpha_p_init: the first curvature above 0, after softplus, positive; or an initializer
        `(key, shape, dtype)` of it.
      alpha_n_init: likewise the first curvature below 0, above beta.
      beta: the slope at 0, fixed.
      num_features: the number of channels for one value per channel; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    The parameters are `alpha_p` and `alpha_n`, of shape () or (num_features,), before softplus.

    Raises:
      ValueError: if alpha_p_init is not positive, alpha_n_init not above beta, num_features not positive or
        not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import XIELU
      >>> x = jnp.array([-1.0, 0.0, 2.0])
      >>> model = XIELU(num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x).round(4)  # 0.8 (exp(-1) - 1 + 1) - 0.5, 0, 0.8 * 4 + 0.5 * 2
      Array([-0.2057,  0.    ,  4.2   ], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      Huang and Schlag, Deriving activation functions using integration, arXiv 2411.13010.
    """

    alpha_p_init: Init = 0.8
    alpha_n_init: Init = 0.8
    beta: float = 0.5
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.XIELU")
    def __call__(self, x: ArrayLike) -> Array:
        greater("XIELU", 0.0, alpha_p_init=self.alpha_p_init)
        greater("XIELU", self.beta, alpha_n_init=self.alpha_n_init)
        x = cast(x, self.dtype)
        raw = along(
            self,
            x,
            alpha_p=initializer_through_softplus(self.alpha_p_init),
            alpha_n=initializer_through_softplus(self.alpha_n_init, self.beta),
        )
        alpha_p, alpha_n = through_softplus(raw["alpha_p"]), through_softplus(raw["alpha_n"], self.beta)
        return xielu(x, alpha_p, alpha_n, self.beta)


class AconC(nn.Module, kw_only=True):
    """`jaxrelu.acon_c` with learned slopes and rate.

    Exclude the parameters from weight decay, as in the example.

    Attributes:
      p1_init: the first slope far out on one side, or an initializer `(key, shape, dtype)`. Normal with
        deviation 1 for both, as in the paper's code; 1 and 0 start at silu.
      p2_init: the first slope far out on the other side; likewise. Equal slopes make a line, and beta learns
        nothing there.
      beta_init: how sharply it switches at first; likewise.
      num_features: the number of channels for one value per channel, as in the paper; None for one in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.

    The parameters are `p1`, `p2` and `beta`, of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import AconC
      >>> x = jnp.array([-1.0, 1.0])
      >>> model = AconC(p1_init=1.5, p2_init=0.5, beta_init=0.0)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1.,  1.], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      Ma et al., Activate or not: learning customized activation, CVPR 2021.
    """

    p1_init: Init = ACON_SLOPES
    p2_init: Init = ACON_SLOPES
    beta_init: Init = 1.0
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.AconC")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        return acon_c(x, **along(self, x, p1=self.p1_init, p2=self.p2_init, beta=self.beta_init))


class ParametricSwish(nn.Module, kw_only=True):
    """`jaxrelu.parametric_swish` with a learned rate; it starts at silu.

    Exclude the rate from weight decay, as in the example.

    Attributes:
      beta_init: the first rate, or an initializer `(key, shape, dtype)`.
      num_features: the number of channels for one rate per channel; None for one rate in all.
      axis: the channel axis of the input.
      dtype: the input is cast to it first; None leaves it as it is.
      param_dtype: the dtype of the rate; it never changes the dtype of the result.

    The parameter is `beta`, of shape () or (num_features,).

    Raises:
      ValueError: if num_features is not positive, or is not the length of the axis.

    Examples:
      >>> import jax, jax.numpy as jnp, optax
      >>> from jaxrelu.masks import weight_decay_mask
      >>> from jaxrelu.linen import ParametricSwish
      >>> x = jnp.array([-1.0, 1.0])
      >>> model = ParametricSwish(beta_init=0.0, num_features=2)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-0.5,  0.5], dtype=float32)
      >>> optimizer = optax.adamw(1e-3, mask=weight_decay_mask)

    References:
      Ramachandran, Zoph and Le, Searching for activation functions, arXiv 1710.05941.
    """

    beta_init: Init = 1.0
    num_features: int | None = None
    axis: int = -1
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32

    @nn.compact
    @jax.named_scope("jaxrelu.linen.ParametricSwish")
    def __call__(self, x: ArrayLike) -> Array:
        x = cast(x, self.dtype)
        return parametric_swish(x, **along(self, x, beta=self.beta_init))
