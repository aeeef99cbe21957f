"""Statistics of units: exact definitions, merging, bad input, born-dead formulas, clipped lines, pictures."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
from jaxrelu import diagnostics
from jaxrelu.diagnostics.units.counts import Count


def values(shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def test_every_figure_by_numpy():
    x = values((50, 7)) - 1.5
    y, pullback = jax.vjp(jaxrelu.relu, x)
    slopes = pullback(jnp.ones_like(y))[0]
    gradients = values((50, 7), 1)
    of = diagnostics.statistics(y, slopes=slopes, gradients=gradients, rank=True)
    h = np.asarray(y, np.float64)
    np.testing.assert_array_equal(of.observations.as_numpy(), np.full(7, 50))
    np.testing.assert_array_equal(of.zeros.as_numpy(), (h == 0).sum(0))
    np.testing.assert_array_equal(of.saturated.as_numpy(), (np.asarray(slopes) == 0).sum(0))
    np.testing.assert_array_equal(of.peak, h.max(0).astype(np.float32))
    # Sums of 50 float32 numbers.
    close = functools.partial(np.testing.assert_allclose, rtol=1e-5)
    assert of.gradient is not None
    close(of.mean, h.mean(0))
    close(of.variance, h.var(0))
    close(of.magnitude, np.abs(h).mean(0))
    close(of.sparsity, (h == 0).mean(0))
    close(of.score, np.abs(h).mean(0) / np.abs(h).mean())
    close(of.gradient, np.abs(np.asarray(gradients, np.float64)).mean(0))
    share = np.linalg.svd(h, compute_uv=False)
    share /= share.sum()
    close(of.effective_rank, np.exp(-(share * np.log(share)).sum()))


@pytest.mark.parametrize(
    ("rows", "rank"), [(np.eye(4), 4.0), (np.ones((4, 4)), 1.0), (np.zeros((4, 4)), 0.0)]
)
def test_effective_rank_of_known_matrices(rows, rank):
    of = diagnostics.statistics(jnp.asarray(rows, jnp.float32), rank=True)
    assert float(of.effective_rank) == pytest.approx(rank, abs=1e-3)


def test_merging_is_the_same_as_one_set_in_any_order():
    y = jaxrelu.relu(values((60, 5)))
    whole = diagnostics.statistics(y, slopes=jnp.ones_like(y), rank=True)
    parts = [
        diagnostics.statistics(part, slopes=jnp.ones_like(part), rank=True)
        for part in jnp.split(y, jnp.array([7, 30, 31]))
    ]
    forth = functools.reduce(lambda a, b: a.merge(b), parts)
    back = functools.reduce(lambda a, b: a.merge(b), reversed(parts))
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts).merged()
    for merged in (forth, back, stacked):
        for got, want in zip(jax.tree.leaves(merged), jax.tree.leaves(whole), strict=True):
            if jnp.issubdtype(want.dtype, jnp.integer):
                np.testing.assert_array_equal(got, want)
            else:
                np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-6)


def test_counts_go_beyond_32_bits():
    total = Count.of(jnp.array([2**32 - 1, 5], jnp.uint32))
    for _ in range(3):
        total = total + total
    np.testing.assert_array_equal(total.as_numpy(), [8 * (2**32 - 1), 40])
    np.testing.assert_array_equal(
        (total - Count.of(jnp.array([9, 40], jnp.uint32))).as_numpy(), [8 * 2**32 - 17, 0]
    )
    np.testing.assert_allclose(total.as_float(), [8.0 * 2**32, 40.0])


def test_a_convolution_has_a_unit_a_channel_wherever_the_channels_are():
    y = np.zeros((2, 3, 3, 4), np.float32)
    y[1, 2, 0, 2] = 1.0
    last = diagnostics.statistics(jnp.asarray(y))
    first = diagnostics.statistics(jnp.asarray(np.moveaxis(y, -1, 1)), unit_axes=1)
    for of in (last, first):
        assert of.dead.tolist() == [True, True, False, True]
        assert of.observations.as_numpy().tolist() == [18] * 4
    assert diagnostics.statistics(jnp.asarray(y), unit_axes=(1, 3)).units == 12


def test_relu6_that_is_stuck_at_its_ceiling_is_dead_to_the_gradient_but_not_dead():
    x = jnp.array([[9.0, -1.0, 1.0], [7.0, -2.0, 2.0]])
    of = diagnostics.observe(jaxrelu.relu6, x)["relu6"]
    assert of.dead.tolist() == [False, True, False]
    assert of.gradient_dead().tolist() == [True, True, False]


@pytest.mark.parametrize("function", [jaxrelu.gelu, jaxrelu.elu, jnp.tanh, jax.nn.sigmoid])
def test_smooth_units_in_their_flat_tail_are_dead_to_the_gradient(function):
    x = jnp.array([[-30.0, -0.5], [-40.0, 0.5]])
    (of,) = diagnostics.observe(function, x).values()
    assert of.gradient_dead().tolist() == [True, False]
    assert of.saturation.tolist() == [1.0, 0.0]


def test_a_leak_is_no_death():
    (of,) = diagnostics.observe(jaxrelu.leaky_relu, jnp.array([[-5.0], [-6.0]])).values()
    assert not of.dead.any()
    assert not of.gradient_dead().any()


def test_a_layer_that_collapses_as_a_whole_has_no_dormant_unit_but_dead_ones():
    collapsed = diagnostics.statistics(jnp.full((8, 4), 1e-12))
    assert not collapsed.dormant(0.1).any()
    gone = diagnostics.statistics(jnp.zeros((8, 4)), slopes=jnp.zeros((8, 4)))
    assert gone.dead.all()
    assert gone.dormant().all()
    relative = diagnostics.statistics(jnp.array([[1e-3, 1.0, 1.0, 2.0]]))
    assert relative.dormant(0.025).tolist() == [True, False, False, False]


def test_nan_and_infinity_are_counted_and_left_out():
    y = jnp.array([[jnp.nan, 1.0, 0.0], [2.0, jnp.inf, 0.0], [4.0, 3.0, 0.0]])
    of = diagnostics.statistics(y, slopes=jnp.ones_like(y))
    assert of.nan.as_numpy().tolist() == [1, 0, 0]
    assert of.infinite.as_numpy().tolist() == [0, 1, 0]
    np.testing.assert_array_equal(of.mean, [3.0, 2.0, 0.0])
    assert of.dead.tolist() == [False, False, True]
    report = diagnostics.report(lambda x: jaxrelu.relu(x), [y])
    assert report["relu"].figures["nan"] == 1
    assert "NaN or infinite" in report.problems()[0]
    assert diagnostics.statistics(jnp.full((2, 1), jnp.nan)).dead.tolist() == [False]  # broken, not dead


def test_bfloat16_is_summed_in_float32():
    y = jnp.array([[0.0, 1.0], [0.0, 3.0]], jnp.bfloat16)
    of = diagnostics.statistics(y)
    assert of.mean.dtype == jnp.float32
    assert of.mean.tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: diagnostics.statistics(jnp.zeros(3)), "at least one example and axes besides"),
        (lambda: diagnostics.statistics(jnp.zeros((0, 3))), "at least one example"),
        (
            lambda: diagnostics.statistics(jnp.zeros((2, 3)), slopes=jnp.zeros(3)),
            "slopes must have the shape",
        ),
        (lambda: diagnostics.observe(lambda x: x + 1, jnp.ones(3)), "no activation was found"),
        (lambda: diagnostics.report(jaxrelu.relu, []), "at least one batch"),
        (lambda: diagnostics.measure({}), "at least one layer"),
        (lambda: diagnostics.measure({"a": jnp.ones((2, 3)), "b": jnp.ones((4, 3))}), "a 2, b 4"),
        (lambda: diagnostics.born_dead_probability([]), "widths must be positive"),
        (lambda: diagnostics.born_dead_bounds([3, 0]), "widths must be positive"),
        (lambda: diagnostics.Monitor(every=0), "every must be a positive"),
        (lambda: diagnostics.clipped_lines([(np.ones((2, 3)), np.ones(3))]), "kernel \\(1, units\\)"),
        (lambda: diagnostics.draw_histograms({}), "steps, at least one"),
        (lambda: diagnostics.draw_gradient_norms({}), "labels, at least one"),
        (lambda: diagnostics.draw_functions({}), "functions of x, at least one"),
        (
            lambda: diagnostics.statistics(jnp.ones((1, 2))).merge(diagnostics.statistics(jnp.ones((1, 3)))),
            "units",
        ),
    ],
)
def test_bad_input_has_a_clear_message(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [lambda: diagnostics.observe(3, jnp.ones(3)), lambda: diagnostics.report(jaxrelu.relu, jnp.ones((2, 3)))],
)
def test_what_is_no_model_and_no_series_is_a_type_error(call):
    with pytest.raises(TypeError, match="must be"):
        call()


def test_layers_of_different_models_do_not_merge():
    one = diagnostics.report(jaxrelu.relu, [jnp.ones((2, 3))])
    other = diagnostics.report(jaxrelu.elu, [jnp.ones((2, 3))])
    with pytest.raises(ValueError, match="layers and their units must be the same"):
        one.merge(other)
    assert one.merge(one).as_dict()["observations/relu"] == 4


def test_the_table_names_layers_and_remedies():
    import rich.console

    report = diagnostics.report(jaxrelu.relu, [-jnp.ones((2, 3))])
    console = rich.console.Console(width=100, file=None, record=True)
    with console.capture() as caught:
        console.print(report)
    for text in (str(report), " ".join(caught.get().split())):
        assert "relu" in text
        assert "100% of the units are dead" in text
        assert "learning rate" in text


@pytest.mark.parametrize("width", [2, 3, 5])
def test_born_dead_by_monte_carlo(width):
    """4000 networks; the benchmark draws 40000. Three standard errors are 0.024."""
    from benchmarks.dying.born_dead import born_dead

    dead = born_dead(width, 9, 4000, 1)
    for hidden in range(1, 10):
        exact = diagnostics.born_dead_probability([width] * hidden)
        low, high = diagnostics.born_dead_bounds([width] * hidden)
        assert abs(float(dead.one_input[hidden - 1]) - exact) < 0.024
        assert low - 0.024 < float(dead.domain[hidden - 1]) < high + 0.024


def test_bounds_are_those_of_the_paper_and_take_any_widths():
    for width in (2, 3, 5, 10):
        for layers in (3, 10, 50):
            one, two = 1 - 2.0**-width, 1 - 2.0 ** (1 - width) - (width - 1) * 4.0**-width
            k = (1 - 2.0 ** (1 - width)) * one / (1 + (width - 1) * 2.0**-width)
            power = layers - 2
            low = 1 - one**power + k * (two**power - one**power)
            assert diagnostics.born_dead_bounds([width] * (layers - 1))[0] == pytest.approx(low, abs=1e-12)
    assert diagnostics.born_dead_probability([1, 2]) == 1 - 0.5 * 0.75


def test_every_joint_of_the_clipped_lines_is_exact():
    draw = np.random.default_rng(0)
    shapes = [(1, 10), (10, 10), (10, 1)]
    layers = [(draw.normal(size=s), draw.normal(size=s[1])) for s in shapes]
    first, second, output = diagnostics.clipped_lines(layers)
    kernel, bias = layers[0]
    roots = {float(r) for r in (-bias / kernel[0]) if -10 < r < 10}
    np.testing.assert_allclose(sorted(at for at, _ in first.joints), sorted(roots), rtol=1e-13)

    def network(x):
        h = x[:, None]
        for kernel, bias in layers[:-1]:
            h = np.maximum(h @ kernel + bias, 0)
        return (h @ layers[-1][0] + layers[-1][1])[:, 0]

    x = np.linspace(-10, 10, 4001)
    np.testing.assert_allclose(np.interp(x, output.x, output.lines[:, 0]), network(x), atol=1e-12)
    assert len(output.x) == len(first.joints) + len(second.joints) + 2
    assert all(abs(np.interp(at, second.x, second.lines[:, unit])) < 1e-12 for at, unit in second.joints)


def test_pictures_are_drawn(tmp_path):
    x = values((32, 6))
    activity = diagnostics.capture(jaxrelu.relu, x)
    figures = [
        diagnostics.draw_histograms({0: activity, 10: activity}),
        diagnostics.draw_histograms({0: {"plain": x}}),
        diagnostics.draw_dead_map(diagnostics.report(jaxrelu.relu, [x, x - 9])),
        diagnostics.draw_gradient_norms({"a": diagnostics.gradients(jnp.sum, jaxrelu.relu, x)}),
        diagnostics.draw_clipped_lines([([[1.0, -1.0]], [0.0, -1.0]), ([[1.0], [1.0]], [0.0])]),
        diagnostics.draw_functions({"relu": jaxrelu.relu, "tanh": jnp.tanh}),
    ]
    for place, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{place}.png", dpi=40)
        assert (tmp_path / f"{place}.png").stat().st_size > 1000
