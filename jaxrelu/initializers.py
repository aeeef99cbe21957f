"""Initializers matched to a variant: the gain that keeps the signal, and a draw that keeps layers alive.

A layer keeps the second moment of the layer before it when its weights have the deviation
`gain(f) / sqrt(fan_in)`, f being the activation in front of it.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.nn.initializers import Initializer, variance_scaling
from jax.typing import DTypeLike

from ._catalogue.lookup import look_up
from ._mechanism.arguments import as_key
from ._mechanism.drawn import Drawn
from ._mechanism.rules import FLOAT_DTYPE, is_integers, one_of

__all__ = ["for_activation", "gain", "randomized_asymmetric"]


def __dir__() -> list[str]:  # what completion shows
    return __all__


# Gauss-Legendre on short panels. Their ends are multiples of 1/16, where the kinks of the variants lie, and
# beyond 12 the normal density is below 1e-31.
_REACH, _PANELS, _NODES = 12.0, 384, 16

# The deviation with which a randomised asymmetric layer keeps the second moment (Lu et al., section 4).
_ASYMMETRIC_DEVIATION = 0.6007

_MODE = one_of("fan_in", "fan_out", "fan_avg")
_DISTRIBUTION = one_of("normal", "truncated_normal", "uniform")


def gain(function: str | Callable[[Array], Array]) -> float:
    r"""The gain of an activation: weights scaled by it undo what the activation does to the signal.

    .. math:: \mathrm{gain}(f) = 1 / \sqrt{\mathrm{E} f(z)^2}, \quad z \sim \mathcal{N}(0, 1)

    By quadrature, to six places and better for functions whose kinks are multiples of 1/16, as those of
    the variants are at their defaults; to about five for kinks elsewhere.

    Args:
      function: an activation of x alone, or a name that `jaxrelu.get` knows; `functools.partial` gives it its
        other arguments. One that makes several channels of one, such as crelu, counts their mean.

    Returns:
      A Python float: sqrt(2) for relu, 1 for selu.

    Raises:
      TypeError: if function is not callable, or not of x alone.
      ValueError: if the name is unknown, or if the function is zero, infinite or NaN where the normal
        distribution has its weight.

    Examples:
      >>> import jaxrelu
      >>> from jaxrelu.initializers import gain
      >>> round(gain(jaxrelu.relu), 6), round(gain(jaxrelu.silu), 6)
      (1.414214, 1.676532)

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
      Klambauer et al., Self-normalizing neural networks, NeurIPS 2017.
    """
    return _gain("gain", function)


def _gain(caller: str, function: str | Callable[[Array], Array]) -> float:
    if isinstance(function, str):
        function = look_up(caller, function, None, {})
    if not callable(function):
        got = type(function).__name__
        raise TypeError(f"{caller}: function must be a function of x or a name, got {got}")
    z, weights = _normal_quadrature()
    with jax.ensure_compile_time_eval():
        values = _values(caller, function, jnp.asarray(z, jnp.float32)[:, None])
    moment = float(weights @ (values.reshape(len(z), -1) ** 2).mean(1))
    if not 0 < moment < math.inf:
        raise ValueError(f"{caller}: E f(z)^2 must be positive and finite, got {moment}")
    return 1 / math.sqrt(moment)


def _values(caller: str, function: Callable[[Array], Array], x: Array) -> np.ndarray:
    try:
        return np.asarray(function(x), np.float64)
    except (TypeError, ValueError) as error:
        name = getattr(function, "__name__", repr(function))
        raise TypeError(f"{caller}: function must give an array for x alone, got {name}: {error}") from None


def _normal_quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of the expectation over a standard normal variable."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = _REACH / _PANELS
    centres = np.arange(-_REACH + half, _REACH, 2 * half)
    z = (centres[:, None] + half * nodes).ravel()
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return z, density * np.tile(half * weights, len(centres))


def for_activation(
    function: str | Callable[[Array], Array],
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in",
    distribution: Literal["normal", "truncated_normal", "uniform"] = "normal",
) -> Initializer:
    r"""An initializer of the weights behind an activation, that keeps the second moment of the signal.

    .. math:: \mathrm{Var}\, W = \mathrm{gain}(f)^2 / \mathrm{fan}

    For relu this is He's initialisation, for selu LeCun's.

    Args:
      function: the activation in front of the layer, as for `gain`.
      mode: which fan: "fan_in" keeps the signal, "fan_out" the gradient.
      distribution: "normal", "truncated_normal" or "uniform", all with the same variance.

    Returns:
      An initializer `(key, shape, dtype)`, for `kernel_init` of any Flax layer: an object that pickles, equal
      to every other of the same gain and options.

    Raises:
      TypeError: if function is not callable, or mode or distribution no string.
      ValueError: as `gain`, or if mode or distribution is unknown.

    Examples:
      >>> import jax, jaxrelu
      >>> from jaxrelu.initializers import for_activation
      >>> kernel = for_activation(jaxrelu.relu)(jax.random.key(0), (512, 512))
      >>> round(float(kernel.std() * 512**0.5), 1)
      1.4

    References:
      He et al., Delving deep into rectifiers, ICCV 2015.
    """
    caller = "for_activation"
    _MODE.apply(caller, "mode", mode)
    _DISTRIBUTION.apply(caller, "distribution", distribution)
    return _OfFans(variance_scaling, (_gain(caller, function) ** 2, mode, distribution))


class _OfFans(Drawn):
    """An initializer that needs both fans."""

    def __call__(self, key: Array, shape: Any, *args: Any, **kwargs: Any) -> Array:
        _check_shape("for_activation", shape)
        return super().__call__(key, shape, *args, **kwargs)


def _check_shape(function: str, shape: Any) -> None:
    """The shape of a kernel."""
    if not is_integers(shape):
        raise TypeError(f"{function}: shape must be a tuple of integers, got {shape!r}")
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"{function}: shape must be (..., fan_in, fan_out), got {shape}")


def randomized_asymmetric(
    key: Array, shape: tuple[int, ...], dtype: DTypeLike = jnp.float32
) -> tuple[Array, Array]:
    r"""Kernel and bias of a relu layer, drawn so that few layers are born dead.

    Weights and bias of a unit are one row, normal with the deviation 0.6007 / sqrt(fan_in). One entry of
    each row, chosen at random, is drawn from Beta(2, 1) in place: it is positive, and so more than half of
    the half-spaces in which units fire look towards the positive inputs that earlier rectifiers give.

    Args:
      key: a JAX random key.
      shape: of the kernel, with the units on the last axis: (fan_in, fan_out), or the window, in, out.
      dtype: of both results.

    Returns:
      The kernel, of this shape, and the bias, of shape (shape[-1],). They are drawn together, since the
      positive entry may be the bias: set both.

    Raises:
      TypeError: if key is no key, shape no tuple of integers, or dtype none of floats.
      ValueError: if shape has fewer than two axes or an empty one.

    Examples:
      >>> import jax
      >>> from flax import nnx
      >>> from jaxrelu.initializers import randomized_asymmetric
      >>> layer = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
      >>> layer.kernel[...], layer.bias[...] = randomized_asymmetric(jax.random.key(0), (2, 3))

    References:
      Lu, Shin, Su and Karniadakis, Dying ReLU and initialization, arXiv:1903.06733, 2020.
    """
    _check_shape("randomized_asymmetric", shape)
    key = as_key("randomized_asymmetric", "key", key, needed=True)
    FLOAT_DTYPE.apply("randomized_asymmetric", "dtype", dtype)
    fan_in, units = math.prod(shape[:-1]), shape[-1]
    normal, place, beta = jax.random.split(key, 3)
    rows = jax.random.normal(normal, (fan_in + 1, units), dtype)
    rows = rows * jnp.asarray(_ASYMMETRIC_DEVIATION / math.sqrt(fan_in), dtype)
    chosen = jax.random.randint(place, (units,), 0, fan_in + 1)
    # The square root of a uniform variable is Beta(2, 1).
    positive = jnp.sqrt(jax.random.uniform(beta, (units,), dtype))
    rows = rows.at[chosen, jnp.arange(units)].set(positive)
    return rows[:-1].reshape(shape), rows[-1]
