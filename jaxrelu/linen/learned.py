"""Linen modules of learned functions: of lines (PReLU, JumpReLU, SReLU, APL), and smooth ones."""

from .._modules import learned
from .parameters import Learned


class PReLU(Learned, learned.PReLU):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.linen.PReLU`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import PReLU
      >>> x = jnp.array([-4.0, 0.0, 4.0])
      >>> model = PReLU(0.25, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1.,  0.,  4.], dtype=float32)
    """


class JumpReLU(Learned, learned.JumpReLU):
    """`jaxrelu.jump_relu` with a learned threshold, for sparse autoencoders.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import JumpReLU
      >>> x = jnp.array([-1.0, 0.4, 2.0])
      >>> model = JumpReLU(log_threshold_init=jnp.log(0.5), num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([0., 0., 2.], dtype=float32)
    """


class SReLU(Learned, learned.SReLU):
    """`jaxrelu.srelu` with learned thresholds and slopes.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import SReLU
      >>> x = jnp.array([-4.0, 0.5, 3.0])
      >>> model = SReLU(left_slope_init=0.25, right_slope_init=0.5, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1. ,  0.5,  2. ], dtype=float32)
    """


class APL(Learned, learned.APL):
    """`jaxrelu.apl` with learned hinges.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import APL
      >>> x = jnp.array([-1.0, 0.0, 2.0])
      >>> model = APL(slopes_init=0.5, offsets_init=1.0)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([1. , 0.5, 2. ], dtype=float32)
    """


class PELU(Learned, learned.PELU):
    """`jaxrelu.pelu` with a learned limit and decay length.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import PELU
      >>> x = jnp.array([-jnp.inf, 0.0, 3.0])
      >>> model = PELU(alpha_init=2.0, beta_init=0.5, num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-2.,  0., 12.], dtype=float32)
    """


class XIELU(Learned, learned.XIELU):
    """`jaxrelu.xielu` with learned curvatures, kept in their range by softplus.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import XIELU
      >>> x = jnp.array([-1.0, 0.0, 2.0])
      >>> model = XIELU(num_features=3)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x).round(4)  # 0.8 (exp(-1) - 1 + 1) - 0.5, 0, 0.8 * 4 + 0.5 * 2
      Array([-0.2057,  0.    ,  4.2   ], dtype=float32)
    """


class AconC(Learned, learned.AconC):
    """`jaxrelu.acon_c` with learned slopes and rate.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import AconC
      >>> x = jnp.array([-1.0, 1.0])
      >>> model = AconC(p1_init=1.5, p2_init=0.5, beta_init=0.0)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-1.,  1.], dtype=float32)
    """


class ParametricSwish(Learned, learned.ParametricSwish):
    """`jaxrelu.parametric_swish` with a learned rate; it starts at silu.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import ParametricSwish
      >>> x = jnp.array([-1.0, 1.0])
      >>> model = ParametricSwish(beta_init=0.0, num_features=2)
      >>> parameters = model.init(jax.random.key(0), x)
      >>> model.apply(parameters, x)
      Array([-0.5,  0.5], dtype=float32)
    """
