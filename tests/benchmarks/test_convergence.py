"""The convergence benchmark: tasks, training, protocol, durability, statistics, and a smallest run."""

import dataclasses
import gzip
import io
import json
import math
import operator
import types
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console
from scipy import special, stats
from typer.testing import CliRunner

import jaxrelu
from benchmarks import convergence
from benchmarks.__main__ import app
from benchmarks.convergence import activations, journal, known, page, protocol, statistics, verdicts
from benchmarks.convergence.experiment import Settings
from benchmarks.convergence.journal import FILE, Journal
from benchmarks.convergence.layers import MLP
from benchmarks.convergence.plots import draw_profile
from benchmarks.convergence.protocol import Choice, beyond, choose, steps_to
from benchmarks.convergence.task import Examples, Task, TaskData, Unavailable
from benchmarks.convergence.tasks import gan, he, implicit, openml, tasks, transformer
from benchmarks.convergence.tasks.digits_mlp import data
from benchmarks.convergence.tasks.graph import GraphNet, graph
from benchmarks.convergence.tasks.recurrent import Recurrent
from benchmarks.convergence.training import SeedAndRate, Trainer
from benchmarks.core.digits import batches, digits
from benchmarks.core.failures import Refused
from tests.benchmarks.tiny import TINY, lines
from tests.benchmarks.tiny import known as tiny_alone
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


ENVIRONMENT = {
    **dict.fromkeys(("backend", "device", "cpu"), "cpu"),
    **dict.fromkeys(("jax", "jaxrelu"), "0"),
    "cores": 2,
    "commit": None,
    "dirty": False,
    "date": "2026-01-01T00:00:00",
}


SMALL = Settings(tasks=("tiny",), seeds=8, tuning=2)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Task:
    """The tiny task is the only one."""
    monkeypatch.setattr(convergence.experiment, "tasks", tiny_alone)
    monkeypatch.setattr(verdicts, "tasks", tiny_alone)
    return TINY


@pytest.fixture(scope="module", autouse=True)
def compiled_once() -> Iterator[None]:
    """A program that one test has compiled serves all: compiling takes longer than training."""
    programs: dict[Any, dict[Any, Any]] = {}
    compile_now = Trainer._compile

    def compile_or_find(self: Trainer, *arguments: Any) -> None:
        task = self.task
        key = (
            task.model,
            task.optimizer,
            task.data,
            task.batch,
            task.steps,
            self.activation.name,
            self.lanes,
        )
        self._programs = programs.setdefault(key, {})
        compile_now(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_compile", compile_or_find)
        yield


def measured(settings: Settings) -> list[dict[str, Any]]:
    """The rows of a run, as they come back from JSON."""
    rows: list[dict[str, Any]] = []
    convergence.run(settings, Silent(), lambda section, row: rows.append(row))
    return json.loads(json.dumps(rows, allow_nan=False))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The rows of the smallest run."""
    recorded: list[tuple[str, dict[str, Any]]] = []
    progress = Silent()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convergence.experiment, "tasks", tiny_alone)
        settings = dataclasses.replace(Settings.SMOKE, tasks=("tiny",))
        convergence.run(settings, progress, lambda section, row: recorded.append((section, row)))
    assert progress.done == ["tiny relu", "tiny identity"]
    assert progress.total == 2
    assert {section for section, _ in recorded} == {"convergence"}
    return json.loads(json.dumps([row for _, row in recorded], allow_nan=False))


# -- data --------------------------------------------------------------------------------------------


def test_the_parts_have_every_image_once() -> None:
    parts = data()
    assert sum(len(part.targets) for part in parts) == 1797
    # The digits have no two images alike, so equal rows would be one image in two parts.
    everything = np.concatenate([part.inputs for part in parts])
    assert len(np.unique(everything, axis=0)) == 1797


def test_the_split_is_stratified() -> None:
    whole = np.bincount(np.concatenate([part.targets for part in data()])) / 1797
    for part in data():
        shares = np.bincount(part.targets) / len(part.targets)
        assert abs(shares - whole).max() < 1 / len(part.targets)


def test_the_data_is_standardised_by_the_training_part() -> None:
    parts = data()
    np.testing.assert_allclose(parts.train.inputs.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(parts.train.inputs.std(), 1, rtol=1e-5)
    assert abs(parts.test.inputs.mean(0)).max() > 0.01
    assert all(part.inputs.dtype == np.float32 for part in parts)


def test_the_data_without_a_part_to_choose_with() -> None:
    parts = digits(1200, validation=0, standardised=False)
    assert [len(part.labels) for part in parts] == [1200, 0, 597]
    assert (parts.train.images.min(), parts.train.images.max()) == (0, 1)


def test_every_epoch_sees_an_image_once() -> None:
    examples = len(data().train.targets)
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
    assert activations.find(name).gain == pytest.approx(GAINS[name], abs=5e-5)


def test_the_gain_of_a_gated_unit_is_that_of_its_gate() -> None:
    assert activations.find("swiglu").gain == pytest.approx(GAINS["silu"], abs=5e-5)


def ungated() -> list[str]:
    return [name for name in activations.names() if activations.find(name).operands == 1]


@pytest.mark.parametrize("name", ungated())
def test_every_variant_has_a_model_of_the_same_size(name: str) -> None:
    task, activation = tasks()["digits-mlp"], activations.find(name)
    width = task.matched_width(activation)
    assert task.parameters(activation, width) == pytest.approx(17290, rel=0.03)
    assert (width == 64) == (activation.ratio == 1)


@pytest.mark.parametrize("name", [task.name for task in tasks().values() if task.suite])
def test_every_task_can_be_scored_before_training(name: str) -> None:
    task = tasks()[name]
    part = task.data()
    activation = activations.find("swiglu" if task.gated else "gelu")
    width = task.matched_width(activation)
    reference = task.parameters(activations.find("relu"), task.width)
    assert task.parameters(activation, width) == pytest.approx(reference, rel=0.02)
    model = task.model(activation, width, nnx.Rngs(0))
    model.eval()
    assert all(np.isfinite(value) for value in task.extras(model, part).values())
    few = jax.tree.map(lambda leaf: leaf[: task.batch], part.train)
    assert np.isfinite(task.loss(model, few))
    assert np.isfinite(task.score(model, part.validation))
    assert task.steps % task.every == 0
    assert part.examples[0] >= task.batch
    assert len(task.rates) >= 6
    tests = [jax.tree.leaves(each)[0].tobytes() for each in part]
    assert len(set(tests)) == 3  # no part is another
    apart = np.diff(np.log(task.rates))
    assert apart.min() > 0.7 * apart.max()  # spread evenly over the logarithm


def test_the_initialisation_keeps_the_second_moment() -> None:
    activation = activations.find("gelu_exact")
    model = MLP(activation, (64, *[512] * 4, 10), nnx.Rngs(0))
    x = jax.random.normal(jax.random.key(1), (256, 64))
    inputs = [x, *model.hidden(x)]
    moments = [(layer(h) ** 2).mean() for layer, h in zip(model.layers, inputs, strict=True)]
    np.testing.assert_allclose(moments[:-1], 1, rtol=0.25)


def drawn(name: str, seeds: list[int]) -> Any:
    parameters, _ = Trainer(tasks()["digits-mlp"], activations.find(name), data())._drawn([seeds])
    return jax.tree.map(operator.itemgetter(0), parameters)


def test_learned_slopes_start_at_the_example_and_are_among_the_parameters() -> None:
    slopes = drawn("prelu", [0, 1])["activations"][0]["negative_slope"][...]
    np.testing.assert_array_equal(slopes, np.full(2, 0.25, np.float32))


def test_seeds_and_names_start_apart() -> None:
    relu, other = (drawn(name, [0, 1])["layers"][0]["kernel"][...] for name in ("relu", "leaky_relu"))
    assert relu.shape == (2, 64, 64)
    for one, two in ((relu[0], relu[1]), (relu[0], other[0])):
        assert np.mean(one != two) > 0.99


# -- tasks -------------------------------------------------------------------------------------------


def test_the_gradient_by_the_adjacency_is_the_one_of_the_books() -> None:
    """dL/dA = G W1' H' + ((A' G W1') * 1[P > 0]) (X W0)', with P = A X W0, H = relu(P), G = dL/dZ."""
    model = GraphNet(activations.find("relu"), 8, nnx.Rngs(0))
    adjacency, features, _ = map(jnp.asarray, graph())
    adjacency = adjacency + 0.01 * jax.random.uniform(jax.random.key(0), adjacency.shape)  # not symmetric
    upper = jax.random.normal(jax.random.key(1), (len(features), 3))  # G
    slope = jax.grad(lambda a: (upper * model.outputs(a, features)).sum())(adjacency)
    a, x, g, w0, w1 = (
        np.asarray(each, np.float64)
        for each in (adjacency, features, upper, model.first.kernel[...], model.second.kernel[...])
    )
    p = a @ x @ w0
    expected = g @ w1.T @ np.maximum(p, 0).T + ((a.T @ g @ w1.T) * (p > 0)) @ (x @ w0).T
    np.testing.assert_allclose(slope, expected, atol=1e-4 * abs(expected).max())


def test_the_slope_through_time_is_that_of_the_books() -> None:
    """da = ds * f'(r), dh = U' da: with relu the states that are 0 pass nothing on."""
    model = Recurrent(activations.find("relu"), 6, nnx.Rngs(0))
    inputs = jnp.asarray(tasks()["recurrent"].data().train.inputs[:2])

    def last(first: jax.Array) -> jax.Array:
        return model.states(inputs.at[:, 0].set(first))[-1].sum()

    slope = jax.grad(last)(inputs[:, 0])
    states = np.asarray(model.states(inputs), np.float64)
    u, v = (np.asarray(layer.kernel[...], np.float64) for layer in (model.again, model.inward))
    ds = np.ones_like(states[-1])
    for state in states[:0:-1]:
        ds = (ds * (state > 0)) @ u.T
    expected = (ds * (states[0] > 0)) @ v.T
    np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-6)


def test_neither_player_moves_the_other() -> None:
    task = tasks()["gan"]
    model: Any = task.model(activations.find("leaky_relu"), 8, nnx.Rngs(0))
    part = jax.tree.map(lambda rows: rows[:16], task.data().train)
    graphdef, state = nnx.split(model)
    slopes = jax.grad(lambda state: task.loss(nnx.merge(graphdef, state), part))(state)

    def judged(state: Any) -> jax.Array:
        both: Any = nnx.merge(graphdef, state)
        made = both.discriminator(both.generator(part.inputs))
        return jax.nn.softplus(-both.discriminator(part.targets)).mean() + jax.nn.softplus(made).mean()

    def fooled(state: Any) -> jax.Array:
        both: Any = nnx.merge(graphdef, state)
        return jax.nn.softplus(-both.discriminator(both.generator(part.inputs))).mean()

    for player, loss in (("discriminator", judged), ("generator", fooled)):
        expected = jax.tree.leaves(jax.grad(loss)(state)[player])
        for ours, one in zip(jax.tree.leaves(slopes[player]), expected, strict=True):
            np.testing.assert_allclose(ours, one, rtol=1e-5, atol=1e-7)


def test_spots_that_are_covered_are_counted() -> None:
    points = np.repeat(gan._centres()[:3], 100, 0)
    points[-98:] += 10  # of the third spot two points are left: too few
    model = types.SimpleNamespace(generator=lambda noise: jnp.asarray(points))
    assert gan._covered(model, Examples(np.zeros((300, 4)), None)) == 2


def test_polynomials_swapped_in_are_as_good_as_they_are_near() -> None:
    model = he.ChosenClassifier(activations.find("relu"), 16, nnx.Rngs(0))
    inputs = 0.3 * jax.random.normal(jax.random.key(0), (50, 64))
    apart = [
        float(abs(he.Swapped(model, he._OWN[name])(inputs) - model(inputs)).max())
        for name in ("minimax_2", "minimax_4", "minimax_6")
    ]
    assert apart == sorted(apart, reverse=True)
    np.testing.assert_array_equal(he.Swapped(model, activations.find("relu"))(inputs), model(inputs))
    figures = tasks()["he"].extras(model, data())
    assert {f"swapped {name}" for name in he._OWN} | {"outside"} == set(figures)


def test_the_text_is_of_this_python_and_its_parts_do_not_overlap() -> None:
    text = transformer.text()
    assert len(text) > 400_000
    assert b"lambda" in text.tobytes()
    part = tasks()["transformer"].data()
    np.testing.assert_array_equal(part.train.inputs[:, 1:], part.train.targets[:, :-1])
    assert sum(part.examples) * 33 <= len(text)


def test_the_photograph_is_a_photograph() -> None:
    picture = implicit.picture()
    assert picture.shape == (48, 48)
    assert picture.min() >= 0 and picture.max() <= 1 and picture.std() > 0.1


# -- data that have to be fetched --------------------------------------------------------------------

SMALL_SOURCE = openml.Source("stand-in", 100, 4)


def stand_in(data: np.ndarray, target: np.ndarray) -> Any:
    """What `fetch_openml` gives: labels are strings there."""
    return lambda *_, **__: types.SimpleNamespace(data=data, target=target)


@pytest.fixture(autouse=True)
def nothing_loaded() -> None:
    openml.load.cache_clear()


PIXELS = np.random.default_rng(0).integers(0, 256, (100, 4)).astype(np.int64)
LABELS = np.array([str(place % 10) for place in range(100)], dtype=object)


def test_what_openml_gives_is_split_and_standardised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openml, "fetch_openml", stand_in(PIXELS, LABELS))
    parts = openml.load(SMALL_SOURCE)
    assert parts.examples == (80, 10, 10)
    assert parts.train.inputs.dtype == np.float32 and parts.train.targets.dtype == np.int32
    np.testing.assert_allclose([parts.train.inputs.mean(), parts.train.inputs.std()], [0, 1], atol=1e-6)
    together = np.concatenate([part.targets for part in parts])
    np.testing.assert_array_equal(np.bincount(together), [10] * 10)


@pytest.mark.parametrize(
    ("pixels", "labels"),
    [
        (PIXELS[:-1], LABELS[:-1]),
        (PIXELS[:, :-1], LABELS),
        (PIXELS, LABELS[:-1]),
        (PIXELS, LABELS[[0] * 100]),
    ],
)
def test_data_of_another_shape_are_refused(
    pixels: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openml, "fetch_openml", stand_in(pixels, labels))
    with pytest.raises(Refused, match="stand-in should have the"):
        openml.load(SMALL_SOURCE)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (EOFError("ended before the end-of-stream marker"), Refused, "is broken"),
        (gzip.BadGzipFile("not a gzipped file"), Refused, "is broken"),
        (urllib.error.URLError("no route"), Unavailable, "cannot be reached"),
    ],
)
def test_data_that_are_broken_or_not_there(
    error: Exception, kind: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(openml, "fetch_openml", fails)
    with pytest.raises(kind, match=said):
        openml.load(SMALL_SOURCE)


def test_a_task_without_data_is_skipped_and_the_rest_goes_on(
    tiny: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> TaskData:
        raise Unavailable("not here")

    absent = dataclasses.replace(TINY, name="absent", data=missing)
    monkeypatch.setattr(convergence.experiment, "tasks", lambda: {"absent": absent, "tiny": TINY})
    monkeypatch.setattr(Silent, "note", lambda self, text: None)
    rows = measured(dataclasses.replace(SMALL, tasks=("absent", "tiny")))
    assert rows[0] == {"task": "absent", "skipped": "not here"}
    assert [row["variant"] for row in rows if row.get("kind") == "report"] == ["relu", "tanh"]


# -- training ----------------------------------------------------------------------------------------


def test_a_training_does_not_depend_on_those_beside_it() -> None:
    trainer = Trainer(TINY, activations.find("gelu"), lines())
    runs = [SeedAndRate(seed, rate) for rate in (0.03, 0.3) for seed in range(7)]
    together, alone = trainer(runs), trainer(runs[9:10])
    assert together.curve.shape == (14, 10)
    np.testing.assert_array_equal(together.curve[9], alone.curve[0])
    assert trainer.compile_seconds > 0 and trainer.step_seconds > 0


def test_statistics_of_a_normalised_model_are_trained_with_it() -> None:
    model = dataclasses.replace(TINY, model=lambda a, width, rngs: MLP(a, (2, width, 2), rngs, True))
    outcome = Trainer(model, activations.find("relu"), lines())([SeedAndRate(0, 0.1)])
    assert outcome.test[0] > 0.9


def test_a_seed_that_diverges_has_the_worst_score_and_says_so(tiny: Task) -> None:
    rates = (0.1, 1e30)
    rows = measured(dataclasses.replace(SMALL, variants=("relu",), rates=rates, widenings=0))
    good, bad = (row for row in rows if row["kind"] == protocol.TUNING)
    assert all(good["finite"]) and not any(bad["finite"])
    assert bad["test"] == [TINY.worst] * 2
    assert len(bad["seeds"]) == 2  # none was dropped


# -- a run -------------------------------------------------------------------------------------------


def test_rows_have_raw_results_by_seed(rows: list[dict[str, Any]]) -> None:
    kinds = [(row["kind"], row["variant"]) for row in rows]
    relu = [("tuning", "relu")] * 2 + [("target", "relu"), ("report", "relu")]
    assert kinds == [*relu, *[("tuning", "identity")] * 2, ("report", "identity")]
    for row in rows:
        assert np.shape(row["test"]) == np.shape(row["finite"]) == (2,)
        assert np.shape(row["curves"]) == (2, 5)
        assert row["steps"] == 20
    seeds = {row["kind"]: set(row["seeds"]) for row in rows}
    assert not seeds["tuning"] & seeds["target"] and not seeds["target"] & seeds["report"]
    assert not seeds["tuning"] & seeds["report"]
    for row in rows:
        if row["kind"] == "report":
            assert row["rate"] in row["rates"]
            assert not row["tuned"]  # of two rates, each is at the edge
            assert row["steps_to_target"] == [steps_to(row["target"], curve, 4) for curve in row["curves"]]


def test_training_learns_and_a_linear_model_has_no_dead_units(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["kind"] == "report":
            assert min(row["test"]) > 0.7  # 20 steps; chance is 0.5
    assert rows[-1]["variant"] == "identity"
    assert max(rows[-1]["extras"]["dead"]) == 0


def test_the_same_settings_give_the_same_rows(tiny: Task) -> None:
    first, second = measured(SMALL), measured(SMALL)
    for one, other in zip(first, second, strict=True):
        assert {**one, "compile_s": 0, "step_s": 0} == {**other, "compile_s": 0, "step_s": 0}


def test_tables_and_plots(rows: list[dict[str, Any]], tiny: Task, tmp_path: Path) -> None:
    text = shown(rows)
    assert "relu" in text and "identity" in text and "edge" in text and "verdicts" in text
    paths = convergence.plots(rows, ENVIRONMENT, tmp_path)
    kinds = ("curves", "spread", "rates")
    assert [path.name for path in paths] == [f"convergence_tiny_{kind}.png" for kind in kinds]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def shown(rows: list[dict[str, Any]]) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    for table in convergence.tables(rows):
        console.print(table)
    return console.export_text()


def test_nothing_measured_shows_nothing(tmp_path: Path) -> None:
    failed = [{"task": "digits-mlp", "variant": "relu", "failed": "out of memory"}]
    assert convergence.tables(failed) == []
    assert convergence.plots(failed, {}, tmp_path) == []


@pytest.mark.parametrize("broken", ["tanh", "relu"])
def test_a_variant_that_fails_is_recorded_and_the_rest_goes_on(
    broken: str, tiny: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned = protocol.Measurement._tuned

    def fails(self: Any, trainer: Trainer) -> Choice:
        if trainer.activation.name == broken:
            raise MemoryError("too much")
        return tuned(self, trainer)

    monkeypatch.setattr(protocol.Measurement, "_tuned", fails)
    monkeypatch.setattr(Silent, "note", lambda self, text: None)
    rows = measured(dataclasses.replace(SMALL, variants=("tanh", "elu")))
    assert {"task": "tiny", "variant": broken, "failed": "MemoryError: too much"} in rows
    reported = [row["variant"] for row in rows if row.get("kind") == "report"]
    assert reported == (["relu", "elu"] if broken == "tanh" else [])  # without relu there is no target


@pytest.mark.parametrize(
    "wrong", [{"seeds": 1}, {"tuning": 1}, {"rates": ()}, {"rates": (0.1, 0.01)}, {"rates": (-1.0, 0.1)}]
)
def test_settings_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"convergence: {next(iter(wrong))}"):
        Settings(**wrong)


def test_baselines_and_catalogue_are_offered() -> None:
    names = convergence.variant_names()
    assert {"identity", "sigmoid", "tanh"} < set(names)
    assert set(jaxrelu.catalogue()) - set(names) == {"maxout", "glu"}  # they split their input
    for preset in (Settings.QUICK, Settings.SMOKE):
        assert preset.variants is not None and preset.tasks is not None
        assert set(preset.variants) <= set(names)
        assert set(preset.tasks) <= set(convergence.task_names())
    for task in tasks().values():
        assert set(task.variants) <= {*activations.names(), *task.own}


# -- protocol ----------------------------------------------------------------------------------------


def tried(rate: float, *curves: tuple[float, ...]) -> dict[str, Any]:
    return {"rate": rate, "curves": curves}


def test_the_rate_is_the_fastest_of_those_that_end_alike() -> None:
    low = tried(0.01, (0.1, 0.5), (0.1, 0.5))
    slow = tried(0.03, (0.1, 0.976), (0.1, 0.970))
    fast = tried(0.1, (0.9, 0.971), (0.9, 0.974))
    high = tried(0.3, (0.9, 0.9), (0.9, 0.9))
    assert choose([low, slow, fast, high]) == Choice(0.1, (0.01, 0.03, 0.1, 0.3), low=False, high=False)
    # The best, though it is not chosen, is at the edge: there may be better ones beyond.
    assert choose([slow, fast, high]) == Choice(0.1, (0.03, 0.1, 0.3), low=True, high=False)


def test_a_grid_is_widened_beyond_the_edge_of_the_best() -> None:
    grid = (0.1, 0.3, 1.0)
    assert beyond(grid, Choice(0.3, grid, low=False, high=False)) == []
    assert beyond(grid, Choice(1.0, grid, low=False, high=True)) == pytest.approx([3.33, 11.1])
    assert beyond(grid, Choice(0.1, grid, low=True, high=False)) == pytest.approx([0.0333, 0.0111])


def test_grids_are_widened_until_tuned_or_it_was_enough(tiny: Task) -> None:
    low = dataclasses.replace(SMALL, variants=("relu",), rates=(1e-4, 2e-4), widenings=1)
    report = next(row for row in measured(low) if row["kind"] == "report")
    assert report["rates"] == pytest.approx([1e-4, 2e-4, 4e-4, 8e-4])
    assert not report["tuned"] and "edge" in shown([report])
    more = measured(dataclasses.replace(low, widenings=9))
    enough = next(row for row in more if row["kind"] == "report")
    assert enough["tuned"] and 0.01 < enough["rate"] < max(enough["rates"])


def test_the_target_is_below_most_reruns_and_not_moved_by_one_that_died() -> None:
    draw = np.random.default_rng(0).normal(0.97, 0.01, 4000)
    below = [(draw < protocol.target(list(some), 0.1)).mean() for some in draw.reshape(-1, 16)]
    assert np.median(below) == pytest.approx(0.1, abs=0.04)
    finals = [0.96, 0.965, 0.97, 0.975, 0.98, 0.985]
    assert protocol.target([0.1] * 4 + finals, 0.1) == protocol.target(finals, 0.1) > 0.96


def test_a_target_that_no_run_reaches_is_refused_and_what_was_measured_is_kept(tiny: Task) -> None:
    rows: list[dict[str, Any]] = []
    settings = dataclasses.replace(SMALL, target=1.5)
    with pytest.raises(Refused, match=r"no run reached the target 1\.5 on tiny"):
        convergence.run(settings, Silent(), lambda _, row: rows.append(row))
    assert [row["variant"] for row in rows if row["kind"] == "report"] == ["relu", "tanh"]
    assert "never" in shown(rows)


def test_relu_that_learns_nothing_gives_no_target(tiny: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Silent, "note", lambda self, text: None)
    rows = measured(dataclasses.replace(SMALL, rates=(1e30, 2e30), widenings=0))
    assert rows[-1]["failed"] == "RuntimeError: relu learns nothing here: there is no target"


# -- the command -------------------------------------------------------------------------------------


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(app, ("convergence", *arguments), env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tasks", "digitsmlp"), ("digitsmlp", "did you mean digits-mlp", "deep-mlp")),
        (("--rates", ""), ("rates", "there has to be one")),
        (("--rates", "0.1,0.01"), ("they have to rise",)),
        (("--rates", "0.1,fast"), ("not numbers", "0.01,0.03,0.1")),
        (("--seeds", "1"), ("--seeds", "2")),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_bad_options_are_refused_before_anything_is_measured(
    arguments: tuple[str, ...], said: tuple[str, ...], tmp_path: Path
) -> None:
    result = invoke(*arguments, "--output", str(tmp_path / "results"))
    assert result.exit_code == 2
    for text in said:
        assert text in " ".join(result.output.replace("│", " ").split())
    assert not list(tmp_path.iterdir())


def test_what_shows_only_while_measuring_has_status_2_and_keeps_the_rest(tiny: Task, tmp_path: Path) -> None:
    result = invoke("--target", "1.5", "--seeds", "8", "--output", str(tmp_path))
    assert result.exit_code == 2
    assert "no run reached the target 1.5 on tiny" in result.output
    (path,) = tmp_path.glob("*/results.json")
    content = json.loads(path.read_text())
    reported = [row for row in content["sections"]["convergence"] if row.get("kind") == "report"]
    assert len(reported) == 2


# -- durability --------------------------------------------------------------------------------------


class Cut(BaseException):
    """The end of a run at any moment, which nothing catches."""


def test_a_run_that_was_cut_off_goes_on_and_repeats_nothing(
    tiny: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Silent, "note", lambda self, text: None)
    settings = dataclasses.replace(SMALL, folder=str(tmp_path), resume=True)
    whole = measured(dataclasses.replace(SMALL, folder=str(tmp_path / "undisturbed")))
    called: list[list[tuple[str, SeedAndRate]]] = []
    train = Trainer.__call__

    def counted(self: Trainer, runs: Any) -> Any:
        outcome = train(self, runs)
        called.append([(self.activation.name, run) for run in runs])
        if len(called) % 2 == 0:  # every second call is lost with the process that made it
            raise Cut
        return outcome

    monkeypatch.setattr(Trainer, "__call__", counted)
    resumed = None
    for _ in range(20):
        try:
            resumed = measured(settings)
            break
        except Cut:
            continue
    assert resumed is not None
    kept = called[::2]  # the others were repeated, each once
    assert all(called[place] == called[place + 1] for place in range(1, len(called) - 1, 2))
    trained = [run for call in kept for run in call]
    assert len(trained) == len(set(trained))
    without = {"compile_s": 0, "step_s": 0}
    assert [{**row, **without} for row in resumed] == [{**row, **without} for row in whole]
    assert measured(settings) == resumed  # and now nothing is trained any more
    assert called[-1] == kept[-1]


def test_a_line_that_was_cut_off_is_dropped_and_the_others_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.keep([({"rate": 0.1}, {"test": [1.0]}), ({"rate": 0.2}, {"test": [2.0]})])
    journal.keep([({"rate": 0.3}, {"test": [3.0]})])
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:-5])
    again = Journal(tmp_path, resume=True)
    assert again.taken_up == 2
    assert again.find({"rate": 0.2}) == {"test": [2.0]}
    assert again.find({"rate": 0.3}) is None
    again.keep([({"rate": 0.3}, {"test": [4.0]})])
    assert Journal(tmp_path, resume=True).find({"rate": 0.3}) == {"test": [4.0]}


def test_results_of_other_sources_are_not_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal(tmp_path).keep([({"rate": 0.1}, {"test": [1.0]})])
    monkeypatch.setattr(journal, "identity", lambda: "another version")
    assert Journal(tmp_path, resume=True).taken_up == 0


def test_without_resume_the_old_file_is_kept_beside_the_new(tmp_path: Path) -> None:
    Journal(tmp_path).keep([({"rate": 0.1}, {"test": [1.0]})])
    assert Journal(tmp_path).taken_up == 0
    (old,) = tmp_path.glob("*.old")
    assert '"rate": 0.1' in old.read_text()


# -- statistics --------------------------------------------------------------------------------------


def made(variant: str, score: Any, steps: Any, **row: Any) -> statistics.Runs:
    steps = np.array(steps, float)
    content = {"step_s": 0.001, "tuned": True, "finite": [True] * len(steps), **row}
    return statistics.Runs("digits-mlp", variant, content, np.array(score, float), 1 / steps)


def test_misses_are_infinite() -> None:
    one = made("a", [0.9] * 5, [10, 20, math.inf, math.inf, math.inf])
    assert one.steps[0] == one.seconds[0] == math.inf
    assert one.missed == 3
    assert one.steps[1] >= 10
    assert made("a", [0.9] * 4, [10, 20, math.inf, math.inf]).steps[0] == math.inf  # half missed
    assert made("a", [0.9] * 5, [10, 20, 40, math.inf, math.inf]).steps[0] == pytest.approx(40)


def test_the_interval_is_scipys_bca() -> None:
    values = np.random.default_rng(0).normal(0.97, 0.01, 12)
    expected = stats.bootstrap((values,), np.mean, method="BCa", n_resamples=4999, rng=0).confidence_interval
    np.testing.assert_allclose(statistics.interval((values,), np.mean), tuple(expected), atol=1e-12)
    assert statistics.interval((np.ones(5),), np.mean) == (1, 1)


def test_the_interval_of_a_median_among_ties_is_a_number() -> None:
    low, high = statistics.interval((np.array([1.0] * 9 + [2.0]),), np.median)
    assert low == high == 1


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    draw = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        low, high = statistics.interval((draw.normal(size=16),), np.mean)
        inside += low <= 0 <= high
    assert 178 <= inside <= 198  # 190 of 200 less what the bootstrap is known to lack at 16


def test_the_sign_flip_test_is_exact_for_few() -> None:
    # All of one sign: of 2^6 flips two are as extreme.
    assert statistics.sign_flip(np.arange(1.0, 7.0)) == pytest.approx(2 / 2**6)
    assert statistics.sign_flip(np.zeros(6)) == 1


def test_the_same_runs_are_no_difference() -> None:
    reference, one = (made(name, [0.97] * 8, [100] * 8) for name in ("relu", "a"))
    (comparison,) = statistics.compare([reference, one])
    assert comparison.score == statistics.Effect(0, 0, 0, 1.0, 1.0, 0.0, 0.5)
    assert not comparison.speed.found


def test_sooner_counts_misses_as_slowest() -> None:
    draw = np.random.default_rng(0)
    reference = made("relu", [0.9] * 12, draw.uniform(90, 110, 12))
    slow = made("slow", [0.9] * 12, [math.inf] * 12)
    fast = made("fast", [0.9] * 12, draw.uniform(45, 55, 12), step_s=0.003)
    slower, faster = statistics.compare([reference, slow, fast])
    assert slower.speed.found and slower.speed.apart == -1 and slower.speed.better == 0
    assert faster.speed.found and faster.speed.better == 1
    assert faster.speed.apart == pytest.approx(1, abs=0.1)
    assert faster.seconds[0] == pytest.approx(2 / 3, abs=0.05)  # a step takes three times as long
    assert "never reaches the target" in verdicts.verdict(slower)
    assert "as fast as relu in steps" in verdicts.verdict(faster)


def test_a_verdict_of_no_difference_says_what_would_have_been_seen() -> None:
    draw = np.random.default_rng(0)
    reference, one = (
        made(name, draw.normal(0.97, 0.005, 12), draw.uniform(90, 110, 12)) for name in ("relu", "a")
    )
    said = verdicts.verdict(statistics.compare([reference, one])[0])
    assert "no difference in steps" in said and "no difference in where it ends" in said
    assert said.count("would have been seen") == 2
    few = [dataclasses.replace(each, score=each.score[:4], speed=each.speed[:4]) for each in (reference, one)]
    assert verdicts.verdict(statistics.compare(few)[0]).count("so few seeds can show none") == 2
    edge = made("b", one.score, 1 / one.speed, tuned=False)
    assert "b is not tuned" in verdicts.verdict(statistics.compare([reference, edge])[0])


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    draw = np.random.default_rng(0)
    for comparisons in (1, 8):
        spread = draw.normal(0, 1, (4000, 16))
        planted = statistics.detectable(spread[0] * 1 / spread[0].std(ddof=1), comparisons)
        test: Any = stats.ttest_1samp(spread + planted, 0, axis=1)
        power = np.mean(test.pvalue < statistics.LEVEL / comparisons)
        assert power == pytest.approx(statistics.POWER, abs=0.04)
    assert statistics.detectable(np.arange(4.0), 1) == math.inf  # 2 / 2^4 is above 2 %


def test_holm() -> None:
    # By hand: 3 x 0.01, then 2 x 0.04, then the larger of that and 1 x 0.05.
    np.testing.assert_allclose(statistics.holm([0.04, 0.01, 0.05]), [0.08, 0.03, 0.08])


def test_improvement_is_mann_whitneys() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.integers(0, 9, 10).astype(float), draw.integers(0, 9, 12).astype(float)
    expected = stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))
    assert statistics.improvement(a, b) == pytest.approx(expected)
    middle, low, high = statistics.mean_improvement([(a, b), (b, a)])
    assert middle == pytest.approx(0.5)
    assert low < 0.5 < high


def test_profiles_are_shares_of_tasks() -> None:
    tasks = {
        "one": [made("relu", [0] * 5, [100] * 5), made("a", [0] * 5, [200] * 5), made("c", [0] * 5, [1] * 5)],
        "two": [made("relu", [0] * 5, [math.inf] * 5), made("a", [0] * 5, [50] * 5)],
    }
    shares = statistics.profile(tasks, (1.0, 1.9, 2.0))
    np.testing.assert_array_equal(shares["relu"], [0.5, 0.5, 0.5])
    np.testing.assert_array_equal(shares["a"], [0.5, 0.5, 1.0])
    assert "c" not in shares  # it was not trained on both


def test_tasks_are_compared_by_what_most_of_them_have() -> None:
    variants = {"one": ("relu", "a", "b"), "two": ("relu", "a", "c"), "three": ("relu", "d")}
    assert statistics.comparable(variants) == (["one", "two"], ["relu", "a"])


def test_all_tasks_together(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)

    def report(task: str, variant: str, steps: float) -> dict[str, Any]:
        times = [int(10 * round(step / 10)) for step in draw.uniform(0.9 * steps, 1.1 * steps, 10)]
        return {
            "kind": "report",
            "task": task,
            "variant": variant,
            "rate": 0.1,
            "rates": [0.03, 0.1, 0.3],
            "tuned": True,
            "seeds": list(range(10)),
            "steps": 600,
            "every": 10,
            "batch": 64,
            "width": 64,
            "examples": [1078, 359, 360],
            "parameters": 17290,
            "arguments": {},
            "extras": {},
            "target": 0.95,
            "steps_to_target": times,
            "test": list(draw.normal(0.97, 0.01, 10)),
            "finite": [True] * 10,
            "curves": [[0.5, 0.97]] * 10,
            "step_s": 0.001,
        }

    speeds = {"relu": 200, "gelu": 100, "sigmoid": 400}
    rows = [
        report(task, name, steps) for task in ("digits-mlp", "deep-mlp") for name, steps in speeds.items()
    ]
    text = " ".join(shown(rows).split())
    assert "gelu is sooner than relu on digits-mlp, deep-mlp" in text
    assert "sigmoid is later on digits-mlp, deep-mlp" in text
    assert "sooner than relu: gelu; likelier to reach it later: sigmoid; not told apart: none" in text
    (path,) = draw_profile(rows, ENVIRONMENT, tmp_path)
    assert path.name == "convergence_profile.png"


# -- the page -----------------------------------------------------------------------------------------


def test_a_run_is_committed_without_what_was_cut_off(
    tiny: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "tasks", lambda: {"tiny": TINY, "cut": TINY})
    committed = tmp_path / "committed.json"
    monkeypatch.setattr(page, "_FILE", committed)

    def run(name: str, **kinds: list[str]) -> Path:
        rows = [
            {"kind": kind, "task": task, "variant": variant, "run": name, "curves": [[0.1, 0.9]]}
            for task, variants in kinds.items()
            for variant in variants
            for kind in ("tuning", "report")
        ]
        content = {
            "schema": 1,
            "complete": True,
            "environment": {"arguments": ["--output", "a"]},
            "settings": {"convergence": {"folder": "a"}},
            "sections": {"convergence": rows},
        }
        (tmp_path / "results.json").write_text(json.dumps(content))
        return tmp_path

    page.keep(run("first", tiny=["relu", "tanh"], cut=["relu", "tanh"]))
    page.keep(run("second", tiny=["relu", "tanh"], cut=["relu"]))
    content = json.loads(committed.read_text())
    rows = content["sections"]["convergence"]
    assert {(row["task"], row["run"]) for row in rows} == {("tiny", "second"), ("cut", "first")}
    assert all(row["curves"] == ([[0.9]] if row["kind"] == "tuning" else [[0.1, 0.9]]) for row in rows)
    assert "folder" not in content["settings"]["convergence"]


# -- known answers -----------------------------------------------------------------------------------


def test_known_answers(tmp_path: Path) -> None:
    result = invoke("--known-answers", "--smoke", "--output", str(tmp_path))
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*/results.json")
    rows = json.loads(path.read_text())["sections"]["convergence"]
    assert len(rows) == known.COUNT
    assert all(row["right"] for row in rows)
    assert "Convergence: known answers" in result.output


def test_a_wrong_answer_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    given = [known.Answer("one", 1.0, 0.9, 1.1, "so"), known.Answer("two", 3.0, 1.9, 2.1, "so")]
    monkeypatch.setattr(convergence.experiment, "answers", lambda scale: iter(given))
    rows: list[dict[str, Any]] = []
    with pytest.raises(RuntimeError, match="not as known: two"):
        convergence.run(Settings(known=known.Scale.SMOKE), Silent(), lambda _, row: rows.append(row))
    assert [row["right"] for row in rows] == [True, False]
    assert "WRONG" in shown(rows)


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
