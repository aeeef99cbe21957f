"""Rectifiers of complex numbers, in the three usual senses: `split`, `zrelu`, `modrelu`.

The order of the complex numbers is not given, so the functions of `jaxrelu` refuse them. Here the sense is
chosen by name. All three are rectifiers of the real axis: of a number without an imaginary part `split(relu)`
and `zrelu` give `relu`, and `modrelu` a shrinkage.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from ._kernels.gates import finite
from ._mechanism.arguments import as_operand

__all__ = ["modrelu", "split", "zrelu"]


def __dir__() -> list[str]:  # what completion shows
    return __all__


def _complex(function: str, z: Any) -> Array:
    """The argument as an array of complex numbers; real ones are refused, as complex ones are elsewhere."""
    if not isinstance(z, (list, tuple, dict, str)) and z is not None:
        z = jnp.asarray(z)
        if jnp.issubdtype(z.dtype, jnp.complexfloating):
            return z
        raise TypeError(f"{function}: z must be an array or scalar of complex numbers, got dtype {z.dtype}")
    raise TypeError(f"{function}: z must be an array or scalar of complex numbers, got {type(z).__name__}")


@dataclasses.dataclass(frozen=True)
class SplitFunction:
    """A function of the real and of the imaginary part. Two of one function are equal."""

    function: Callable[..., Array]

    @property
    def __name__(self) -> str:
        return f"split_{getattr(self.function, '__name__', type(self.function).__name__)}"

    def __call__(self, z: ArrayLike, *args: Any, **kwargs: Any) -> Array:
        z = _complex(self.__name__, z)
        return lax.complex(*(self.function(part, *args, **kwargs) for part in (z.real, z.imag)))


def split(function: Callable[..., Array]) -> SplitFunction:
    r"""A function of real numbers, of the real and of the imaginary part by themselves.

    .. math:: \mathrm{split}(f)(z) = f(\mathrm{Re}\, z) + i f(\mathrm{Im}\, z)

    `split(jaxrelu.relu)` is called CReLU in papers on complex networks; it is not `jaxrelu.crelu`, which
    concatenates. Its slopes are those of the function, by each part, and so is what it keeps.

    Args:
      function: a function of one real array, such as `jaxrelu.relu`.

    Returns:
      A function of one array of complex numbers, which takes the other arguments of the function, too.

    Raises:
      TypeError: if function cannot be called; when the result is called, if z is not complex.

    Examples:
      >>> import jax, jaxrelu
      >>> from jaxrelu.complex_valued import split
      >>> split(jaxrelu.relu)(jax.numpy.array([3.0 - 4.0j, -1.0 + 2.0j]))
      Array([3.+0.j, 0.+2.j], dtype=complex64)
      >>> split(jaxrelu.leaky_relu)(jax.numpy.array([3.0 - 4.0j]), negative_slope=0.25)
      Array([3.-1.j], dtype=complex64)

    References:
      Trabelsi et al., Deep complex networks, ICLR 2018.
    """
    if not callable(function):
        raise TypeError(f"split: function must be a function, got {type(function).__name__}")
    return SplitFunction(function)


@jax.jit
def zrelu(z: ArrayLike) -> Array:
    r"""Complex rectifier that lets the first quadrant through, and nothing else.

    .. math:: \mathrm{zrelu}(z) = z \text{ for } 0 \le \arg z \le \pi / 2, \quad 0 \text{ elsewhere}

    The slope is 1 in the quadrant, with its borders and the kink z = 0, and 0 elsewhere. A NaN in either part
    gives z itself, with slope 1. Value and slope are exact.

    Kept for the backward pass: a mask, one byte an element.

    Args:
      z: an array of complex numbers of any shape.

    Returns:
      An array of the shape and dtype of z.

    Raises:
      TypeError: if z is not complex.

    Examples:
      >>> import jax
      >>> from jaxrelu.complex_valued import zrelu
      >>> zrelu(jax.numpy.array([3.0 + 4.0j, 3.0 - 4.0j, -1.0 + 2.0j]))
      Array([3.+4.j, 0.+0.j, 0.+0.j], dtype=complex64)

    References:
      Guberman, On complex valued convolutional neural networks, arXiv 1602.09046.
    """
    z = _complex("zrelu", z)
    is_outside = ((z.real < 0) | (z.imag < 0)) & ~jnp.isnan(z)
    return jnp.where(is_outside, jnp.zeros_like(z), z)


@jax.jit
def modrelu(z: ArrayLike, bias: ArrayLike) -> Array:
    r"""Complex rectifier of the modulus, which leaves the phase as it is.

    .. math:: \mathrm{modrelu}(z) = (|z| + b) \, z / |z| \text{ for } |z| + b > 0, \quad 0 \text{ elsewhere}

    A negative bias makes a disc around 0 in which nothing passes. Of a real number it is `soft_shrink`, with
    threshold -b. By b the slope is `z / |z|` outside of the disc, and 0 in it. By z it is, along the phase, 1
    outside, and across it `1 + b / |z|`. At the kink, on the edge of the disc, and at z = 0, where a positive
    bias makes a jump, all slopes are 0. Infinite inputs give infinities. A NaN in either part gives NaN.

    Kept for the backward pass: the input and the bias, and what JAX chooses to compute of them.

    Args:
      z: an array of complex numbers of any shape.
      bias: b, in the units of z, real; a scalar or an array that broadcasts with z, one value per channel as
        a rule. Exclude it from weight decay, as other biases.

    Returns:
      An array of the dtype of z.

    Raises:
      TypeError: if z is not complex, or if bias is complex or not an array.
      ValueError: if bias does not broadcast with z.

    Examples:
      >>> import jax
      >>> from jaxrelu.complex_valued import modrelu
      >>> modrelu(jax.numpy.array([3.0 + 4.0j, 0.3 - 0.4j]), -2.5)
      Array([1.5+2.j, 0. +0.j], dtype=complex64)

    References:
      Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks, ICML 2016.
    """
    z = _complex("modrelu", z)
    bias = as_operand("modrelu", "bias", bias)
    try:
        shape = jnp.broadcast_shapes(z.shape, bias.shape)
    except ValueError:
        raise ValueError(
            f"modrelu: bias must have a shape that broadcasts with the shape {z.shape} of z, got {bias.shape}"
        ) from None
    parts = (z.real, z.imag, bias.astype(z.real.dtype))
    return lax.complex(*_modrelu(*(jnp.broadcast_to(part, shape) for part in parts)))


@jax.custom_jvp
def _modrelu(real: Array, imaginary: Array, bias: Array) -> tuple[Array, Array]:
    """z + b z / |z|, in parts: nothing overflows that does not overflow in the end."""
    modulus, *phase = _polar(real, imaginary)
    is_shut = _is_shut(modulus, bias)
    first, second = (
        jnp.where(is_shut, 0.0, z + bias * n) for z, n in zip((real, imaginary), phase, strict=True)
    )
    return first, second


@_modrelu.defjvp
def _push(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Any, Any]:
    (real, imaginary, bias), (d_real, d_imaginary, d_bias) = primals, tangents
    modulus, n_real, n_imaginary = _polar(real, imaginary)
    is_shut = _is_shut(modulus, bias)
    across = jnp.where(is_shut, 0.0, finite(bias / jnp.where(modulus == 0.0, 1.0, modulus)))
    along = n_real * d_real + n_imaginary * d_imaginary
    pushed = tuple(
        jnp.where(is_shut, 0.0, d + n * d_bias) + across * (d - n * along)
        for d, n in ((d_real, n_real), (d_imaginary, n_imaginary))
    )
    return _modrelu(real, imaginary, bias), pushed


def _is_shut(modulus: Array, bias: Array) -> Array:
    return (modulus + bias <= 0.0) | (modulus == 0.0)


def _polar(real: Array, imaginary: Array) -> tuple[Array, Array, Array]:
    """The modulus, and the parts of z / |z|; of 0, 0."""
    real, imaginary = finite(real), finite(imaginary)
    largest = jnp.maximum(jnp.abs(real), jnp.abs(imaginary))
    scale = jnp.where(largest == 0.0, 1.0, largest)
    x, y = real / scale, imaginary / scale
    length = jnp.sqrt(jnp.square(x) + jnp.square(y))
    divisor = jnp.where(largest == 0.0, 1.0, length)
    return largest * length, x / divisor, y / divisor
