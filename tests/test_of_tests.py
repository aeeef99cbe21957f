"""The tests are tested: a small mistake in the library has to be found."""

import math
from collections.abc import Mapping

import pytest
from measures import assert_rounded_once, value_and_slope
from references import reference_of

import jaxrelu
from jaxrelu import _numerics


def fresh(name):
    """The variant, built and compiled anew: the constants of the kernels are read when it is traced."""
    row = jaxrelu.catalogue()[name]
    function = jaxrelu.with_residual(row.function, "input")
    return value_and_slope(lambda x, **parameters: function(x, **row.arguments, **parameters))


def in_its_fourth_digit(number):
    """A constant with its fourth significant digit changed by one."""
    return number + 10.0 ** (math.floor(math.log10(abs(number))) - 3)


def with_wrong_first(coefficients):
    """The first coefficient changed, in the table of every dtype where there are several."""
    if isinstance(coefficients, Mapping):
        return {dtype: with_wrong_first(table) for dtype, table in coefficients.items()}
    first, *others = coefficients
    return (in_its_fourth_digit(first), *others)


@pytest.mark.parametrize(
    ("constants", "name"),
    [("NORMAL_TAIL", "gelu_exact"), ("NORMAL_SLOPE", "gelu_exact"), ("LOG1P", "softplus")],
)
def test_a_wrong_coefficient_is_found(constants, name, monkeypatch):
    assert_rounded_once(name, fresh(name), "float16")
    monkeypatch.setattr(_numerics, constants, with_wrong_first(getattr(_numerics, constants)))
    with pytest.raises(AssertionError, match=f"{name}, .* is wrong by up to"):
        assert_rounded_once(name, fresh(name), "float16")


def test_a_wrong_scalar_is_found(monkeypatch):
    monkeypatch.setattr(_numerics, "TAIL_STRETCH", in_its_fourth_digit(_numerics.TAIL_STRETCH))
    with pytest.raises(AssertionError, match=r"gelu_exact, .* is wrong by up to"):
        assert_rounded_once("gelu_exact", fresh("gelu_exact"), "float16")


def test_a_missing_reference_is_a_failure():
    with pytest.raises(AssertionError, match=r"add the float64 reference of nelu to tests/references.py"):
        reference_of("nelu")
