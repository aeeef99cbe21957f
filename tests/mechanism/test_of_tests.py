"""The tests are tested: a small mistake in the library has to be found."""

import math
from collections.abc import Mapping

import pytest

import jaxrelu
from jaxrelu._kernels import normal, numerics
from jaxrelu._mechanism.declaration import rebuilt
from jaxrelu._mechanism.differentiation import ReverseMode
from jaxrelu._mechanism.residuals import Input
from references.lookup import parameters_of, reference_of
from tests.support.derivations import TABLES, assert_derived, table_of
from tests.support.measures import assert_accurate32, sample32, value_and_slope


def fresh(name):
    """The variant, built and compiled anew: the constants of the kernels are read when it is traced."""
    row = jaxrelu.catalogue()[name]
    function = rebuilt(row.function, ReverseMode(Input))
    return value_and_slope(lambda x, **parameters: function(x, **row.arguments, **parameters))


def in_its_sixth_digit(number):
    """A constant with its sixth significant digit changed by one."""
    return number + 10.0 ** (math.floor(math.log10(abs(number))) - 5)


def with_one_wrong(coefficients, place):
    """One coefficient changed, in the table of every dtype where there are several."""
    if isinstance(coefficients, Mapping):
        return {dtype: with_one_wrong(table, place) for dtype, table in coefficients.items()}
    return tuple(in_its_sixth_digit(c) if i == place else c for i, c in enumerate(coefficients))


@pytest.mark.parametrize(
    ("room", "constants", "name", "places"),
    [
        (normal, "NORMAL_TAIL", "gelu_exact", 3),
        (normal, "NORMAL_SLOPE", "gelu_exact", 3),
        (numerics, "LOG1P", "softplus", 1),
    ],
)
def test_a_coefficient_wrong_in_its_sixth_digit_is_felt(room, constants, name, places, monkeypatch):
    """By the float32 results, for the coefficients on which they depend so much."""
    x, case = sample32(name), parameters_of(name)
    assert_accurate32(name, fresh(name), x, case)
    for place in range(places):
        with monkeypatch.context() as patch:
            patch.setattr(room, constants, with_one_wrong(getattr(room, constants), place))
            with pytest.raises(AssertionError, match=f"{name}, .* is wrong by up to"):
                assert_accurate32(name, fresh(name), x, case)


@pytest.mark.parametrize(("name", "dtype"), TABLES)
def test_every_coefficient_wrong_in_its_sixth_digit_is_found(name, dtype):
    """By its derivation: the last coefficients are felt less."""
    table = table_of(name, dtype)
    for place in range(len(table)):
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            assert_derived(name, dtype, with_one_wrong(table, place))


def test_a_wrong_scalar_is_found(monkeypatch):
    x, case = sample32("gelu_exact"), parameters_of("gelu_exact")
    monkeypatch.setattr(normal, "TAIL_STRETCH", in_its_sixth_digit(normal.TAIL_STRETCH))
    with pytest.raises(AssertionError, match=r"gelu_exact, .* is wrong by up to"):
        assert_accurate32("gelu_exact", fresh("gelu_exact"), x, case)


def test_a_missing_reference_is_a_failure():
    with pytest.raises(LookupError, match=r"add the reference of nelu to references/"):
        reference_of("nelu")
