"""The convergence benchmark: its data, its initialisation, its statistics, and a smallest run."""

import dataclasses
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console
from scipy import special, stats

import jaxrelu
from benchmarks import convergence
from benchmarks.convergence import model as models
from benchmarks.convergence import statistics as summary
from benchmarks.convergence import training
from benchmarks.convergence.training import data
from benchmarks.core.digits import batches, digits
from tests.support.silent import Silent

# 1 / sqrt(E f(z)^2), z ~ N(0, 1): closed forms where they are short, else mpmath quadrature at 30 digits.
GAINS = {
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
    "prelu": math.sqrt(2 / (1 + 0.25**2)),
    "elu": 1.245198,
    "selu": 1.0,
    "gelu_exact": 1.533530,
    "silu": 1.676532,
    "softplus": 1.041867,
    "mish": 1.486848,
    "crelu": math.sqrt(2),
    "general_relu": 1.6270,
    "identity": 1.0,
    "sigmoid": 1.846229,
    "tanh": 1.592537,
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The rows of a run at the smallest setting, as they come back from JSON."""
    recorded: list[tuple[str, dict[str, Any]]] = []
    progress = Silent()
    convergence.run(
        convergence.Settings.SMOKE, progress, lambda section, row: recorded.append((section, row))
    )
    assert progress.done == ["relu", "identity"]
    assert progress.total == 2
    assert {section for section, _ in recorded} == {"convergence"}
    return json.loads(json.dumps([row for _, row in recorded], allow_nan=False))


# -- data --------------------------------------------------------------------------------------------


def test_the_parts_have_every_image_once() -> None:
    parts = data()
    assert sum(len(part.labels) for part in parts) == 1797
    # The digits have no two images alike, so equal rows would be one image in two parts.
    everything = np.concatenate([part.images for part in parts])
    assert len(np.unique(everything, axis=0)) == 1797


def test_the_split_is_stratified() -> None:
    whole = np.bincount(np.concatenate([part.labels for part in data()])) / 1797
    for part in data():
        shares = np.bincount(part.labels) / len(part.labels)
        assert abs(shares - whole).max() < 1 / len(part.labels)


def test_the_data_is_standardised_by_the_training_part() -> None:
    parts = data()
    np.testing.assert_allclose(parts.train.images.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(parts.train.images.std(), 1, rtol=1e-5)
    assert abs(parts.test.images.mean(0)).max() > 0.01
    assert all(part.images.dtype == np.float32 for part in parts)


def test_the_data_without_a_part_to_choose_with() -> None:
    parts = digits(1200, validation=0, standardised=False)
    assert [len(part.labels) for part in parts] == [1200, 0, 597]
    assert (parts.train.images.min(), parts.train.images.max()) == (0, 1)


def test_every_epoch_sees_an_image_once() -> None:
    examples = len(data().train.labels)
    order = np.asarray(batches(seeds=2, steps=20, images=examples, batch=64))
    assert order.shape == (2, 20, 64)
    epoch = order[:, : examples // 64].reshape(2, -1)
    assert all(len(np.unique(seed)) == epoch.shape[1] for seed in epoch)
    assert order.max() < examples
    assert (order[0] != order[1]).any()
    later = np.asarray(batches(seeds=2, steps=5, images=examples, batch=64, after=15))
    np.testing.assert_array_equal(later, order[:, 15:])


# -- models ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GAINS)
def test_gain(name: str) -> None:
    assert models.plan(name, 64, 4).gain == pytest.approx(GAINS[name], abs=5e-5)


@pytest.mark.parametrize("name", convergence.variant_names())
def test_every_variant_has_a_model_of_the_same_size(name: str) -> None:
    plan = models.plan(name, 64, 4)

    def build(x: jax.Array) -> tuple[jax.Array, nnx.State]:
        model = models.MLP(plan, rngs=nnx.Rngs(0))
        return model(x), nnx.state(model, nnx.Param)

    logits, parameters = jax.eval_shape(build, jnp.zeros((3, 64)))
    assert logits.shape == (3, 10)
    assert sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(parameters)) == pytest.approx(
        17290, rel=0.03
    )


def test_the_initialisation_keeps_the_second_moment() -> None:
    plan = models.plan("gelu_exact", 512, 4)
    model = models.MLP(plan, rngs=nnx.Rngs(0))
    x = jax.random.normal(jax.random.key(1), (256, 64))
    inputs = [x, *model.hidden(x)]
    moments = [(layer(h) ** 2).mean() for layer, h in zip(model.layers, inputs, strict=True)]
    np.testing.assert_allclose(moments[:-1], 1, rtol=0.25)


def test_learned_slopes_start_at_the_example_and_are_among_the_parameters() -> None:
    plan = models.plan("prelu", 64, 4)
    slopes = training.initial(plan, 2)["activations"][0]["negative_slope"][...]
    np.testing.assert_array_equal(slopes, np.full(2, 0.25, np.float32))


def test_seeds_start_apart() -> None:
    weights = training.initial(models.plan("relu", 64, 4), 2)["layers"][0]["kernel"][...]
    assert weights.shape == (2, 64, 64)
    assert np.mean(weights[0] != weights[1]) > 0.99


# -- a run -------------------------------------------------------------------------------------------


def test_rows_have_raw_results_by_seed_and_rate(rows: list[dict[str, Any]]) -> None:
    assert [row["variant"] for row in rows] == ["relu", "identity"]
    for row in rows:
        for name in ("validation", "test", "dead", "steps_to_target", "finite"):
            assert np.shape(row[name]) == (2, 2), name
        assert np.shape(row["curves"]) == (2, 4)
        assert row["rate"] in row["rates"]
        assert row["edge"]  # of two rates, each is at the edge
        chosen = row["rates"].index(row["rate"])
        np.testing.assert_array_equal(np.array(row["curves"])[:, -1], np.array(row["validation"])[:, chosen])


def test_training_learns_and_a_linear_model_has_no_dead_units(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        chosen = row["rates"].index(row["rate"])
        assert np.array(row["test"])[:, chosen].min() > 0.7  # 20 steps; chance is 0.1
    assert np.max(rows[1]["dead"]) == 0


def test_the_same_settings_give_the_same_rows(rows: list[dict[str, Any]]) -> None:
    again: list[dict[str, Any]] = []
    settings = dataclasses.replace(convergence.Settings.SMOKE, variants=("relu",))
    convergence.run(settings, Silent(), lambda _, row: again.append(row))
    for name in ("rate", "steps_to_target", "validation", "test", "dead", "curves"):
        assert again[0][name] == rows[0][name]


def test_tables_and_plots(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    for table in convergence.tables(rows):
        console.print(table)
    text = console.export_text()
    assert "relu" in text and "identity" in text and "edge" in text and "never" in text
    environment = {
        "backend": "cpu",
        "device": "cpu",
        "cpu": "a processor",
        "cores": 2,
        "jax": "0",
        "jaxrelu": "0",
    }
    environment |= {"commit": None, "dirty": False, "date": "2026-01-01T00:00:00"}
    paths = convergence.plots(rows, environment, tmp_path)
    assert [path.name for path in paths] == [f"convergence_{n}.png" for n in ("curves", "spread", "rates")]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_nothing_measured_shows_nothing(tmp_path: Path) -> None:
    failed = [{"variant": "relu", "failed": "out of memory"}]
    assert convergence.tables(failed) == []
    assert convergence.plots(failed, {}, tmp_path) == []


def test_a_variant_that_fails_is_recorded_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, settings: convergence.Settings) -> dict[str, Any]:
        if name == "relu":
            raise MemoryError("too much")
        return {"variant": name}

    monkeypatch.setattr(convergence.experiment, "_measure", broken)
    monkeypatch.setattr(Silent, "note", lambda self, text: None)
    recorded: list[dict[str, Any]] = []
    convergence.run(convergence.Settings.SMOKE, Silent(), lambda _, row: recorded.append(row))
    assert recorded == [{"variant": "relu", "failed": "MemoryError: too much"}, {"variant": "identity"}]


@pytest.mark.parametrize("wrong", [{"seeds": 1}, {"steps": 7}, {"rates": ()}, {"rates": (0.1, 0.01)}])
def test_settings_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"convergence: {next(iter(wrong))}"):
        convergence.Settings(**wrong)


def test_baselines_and_catalogue_are_offered() -> None:
    names = convergence.variant_names()
    assert names[-3:] == ("identity", "sigmoid", "tanh")
    joined = {"maxout", "glu", "reglu", "geglu", "swiglu", "bilinear"}
    assert set(jaxrelu.catalogue()) - set(names) == joined  # several numbers make one: another model
    for preset in (convergence.Settings.QUICK, convergence.Settings.SMOKE):
        assert preset.variants is not None
        assert set(preset.variants) <= set(convergence.variant_names())
    assert convergence.Settings.FULL.variants is None


# -- statistics --------------------------------------------------------------------------------------


def made(variant: str, test: list[float], steps: list[float]) -> summary.Summary:
    return summary.Summary(variant, {}, np.array(test), np.array(steps), 0.0)


def test_the_rate_is_the_fastest_of_those_that_end_alike() -> None:
    validation = np.array([[0.5, 0.970, 0.975, 0.9], [0.5, 0.976, 0.971, 0.9]])
    steps = np.array([[math.inf, 50, 90, 10], [math.inf, 40, 80, 10]])
    assert summary.choose(validation, steps) == (1, False)
    assert summary.choose(validation[:, :2], steps[:, :2]) == (1, True)


def test_misses_are_infinite() -> None:
    one = made("a", [0.9] * 4, [10, 20, math.inf, math.inf])
    assert one.quartiles == (10, math.inf, math.inf)
    assert one.missed == 2


def test_welch_is_that_of_scipy() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(0.97, 0.01, 8), draw.normal(0.96, 0.02, 10)
    difference = summary.difference(made("a", list(a), [1.0] * 8), made("b", list(b), [1.0] * 10))
    expected: Any = stats.ttest_ind(a, b, equal_var=False)
    interval = expected.confidence_interval()
    np.testing.assert_allclose(difference.accuracy, (a.mean() - b.mean(), interval.low, interval.high))
    np.testing.assert_allclose(difference.p_accuracy, expected.pvalue)


def test_the_same_runs_are_no_difference() -> None:
    one = made("a", [0.97, 0.97], [math.inf, math.inf])
    difference = summary.difference(one, one)
    assert difference == summary.Comparison((0, 0, 0), 1.0, 0.5, 1.0)
    assert summary.verdict(False, 1.0, "higher") == summary.NONE


def test_sooner_counts_misses_as_slowest() -> None:
    slow = made("slow", [0.9] * 8, [math.inf] * 8)
    fast = made("fast", [0.9] * 8, [float(n) for n in range(10, 18)])
    difference = summary.difference(fast, slow)
    assert difference.faster == 1.0
    assert difference.p_faster < 0.01


def test_holm() -> None:
    # By hand: 3 x 0.01, then 2 x 0.04, then the larger of that and 1 x 0.05.
    np.testing.assert_allclose(summary.holm([0.04, 0.01, 0.05]), [0.08, 0.03, 0.08])


def test_moments_of_the_references() -> None:
    """The gains above are not taken from the quadrature under test."""
    z, weights = np.polynomial.hermite_e.hermegauss(150)
    weights = weights / math.sqrt(2 * math.pi)
    smooth: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "gelu_exact": lambda z: z * special.ndtr(z),
        "silu": lambda z: z * special.expit(z),
        "tanh": np.tanh,
        "sigmoid": special.expit,
        "softplus": lambda z: np.logaddexp(0, z),
        "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    }
    for name, function in smooth.items():
        assert GAINS[name] == pytest.approx(1 / math.sqrt(weights @ function(z) ** 2), abs=1e-6)
