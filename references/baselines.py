"""What the functions that rectifiers are compared with should return."""

from typing import Any

import jax.numpy as jnp
from jax import Array

from .digits import bounded, mp
from .entry import Both, Reference

BASELINES: dict[str, Reference] = {}

BASELINES["identity"] = Reference(
    formula=lambda x: (x, jnp.ones_like(x)),
    textbook=lambda x: (x, 1),
    monotone=True,
    keeps_integers=True,
)


def sigmoid(x: Array) -> Both:
    w = jnp.exp(-jnp.abs(x))
    return jnp.where(x < 0, w, 1.0) / (1.0 + w), w / jnp.square(1.0 + w)


def sigmoid_textbook(x: Any) -> Both:
    w = mp.exp(-bounded(x))
    return 1 / (1 + w), w / (1 + w) ** 2


BASELINES["sigmoid"] = Reference(formula=sigmoid, textbook=sigmoid_textbook, monotone=True)


def tanh(x: Array) -> Both:
    return jnp.tanh(x), jnp.square(1.0 / jnp.cosh(x))


def tanh_textbook(x: Any) -> Both:
    x = bounded(x)
    return mp.tanh(x), mp.sech(x) ** 2


BASELINES["tanh"] = Reference(formula=tanh, textbook=tanh_textbook, monotone=True)
