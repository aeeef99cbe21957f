"""Dying units: how many are born dead, what kills them in training, and what the cures do.

Five parts, each with its rows: `born` counts random networks that are constants, against the formulas;
`collapse` trains thin networks on |x|; `cure` drives a classifier of digits dead, recycles its units and
trains on; `sweep` looks at the dead units of every variant over the learning rate, depth, width and the first
bias; `cost` times the monitor, and a report over many examples.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxrelu import diagnostics

from ..core.failures import recorded_failure
from ..core.progress import Progress
from ..core.results import Record, Row
from .born_dead import COLLAPSING, born_dead, learn_abs
from .cost import measure_monitor, measure_report
from .training import Setup, activations, order, start, trainer

SECTION = "dying"
PARTS = ("born", "collapse", "cure", "sweep", "cost")

# What a sweep compares: weights that start too small, a matched gain, and recycling besides.
CURES = {"none": (False, False), "gain": (True, False), "gain and recycling": (True, True)}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is measured.

    Attributes:
      variants: those of the sweep; None for all.
      parts: of `PARTS`.
      seeds: trainings in the parts `cure` and `sweep`, at least 2.
      networks: random networks of the part `born`.
      born_widths: of those networks.
      collapsing: networks of the part `collapse`.
      collapse_cases: of `COLLAPSING`.
      collapse_steps: of training each.
      steps: of the trainings of `cure` and `sweep`, a multiple of `every`.
      every: steps between two recyclings, in the sweep.
      rates: learning rates of the sweep.
      depths: hidden layers of the sweep.
      widths: of the sweep.
      biases: first biases of the sweep.
      rate: of the sweep where not the rate is swept.
      monitored: steps of the training whose monitor is timed.
      examples: of the long report.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    parts: tuple[str, ...] = PARTS
    seeds: int = 10
    networks: int = 40_000
    born_widths: tuple[int, ...] = (2, 3, 5, 10)
    collapsing: int = 1000
    collapse_cases: tuple[str, ...] = tuple(COLLAPSING)
    collapse_steps: int = 3000
    steps: int = 600
    every: int = 100
    rates: tuple[float, ...] = (0.03, 0.1, 0.2, 0.3, 0.5)
    depths: tuple[int, ...] = (2, 4, 8)
    widths: tuple[int, ...] = (16, 64, 128)
    biases: tuple[float, ...] = (-2.0, -1.0, -0.5, 0.0, 0.5)
    rate: float = 0.1
    monitored: int = 4000
    examples: int = 1_000_000

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise ValueError(f"dying: seeds is {self.seeds}; a spread needs at least 2")
        if self.steps % self.every:
            raise ValueError(f"dying: steps is {self.steps}, not a multiple of every, {self.every}")
        if unknown := set(self.parts) - set(PARTS):
            raise ValueError(f"dying: parts are {', '.join(PARTS)}; got {', '.join(sorted(unknown))}")


Settings.FULL = Settings(variants=("relu", "leaky_relu", "relu6", "elu", "gelu", "silu"))
Settings.QUICK = dataclasses.replace(
    Settings.FULL, variants=("relu", "leaky_relu"), parts=("born", "cure", "sweep"), seeds=5, networks=8000
)
Settings.SMOKE = Settings(
    variants=("relu",), seeds=2, networks=4000, born_widths=(3,), collapsing=10,
    collapse_cases=("relu, He",), collapse_steps=20, steps=20, every=10, rates=(0.1,), depths=(4,),
    widths=(64,), biases=(0.0,), monitored=400, examples=10_000,
)  # fmt: skip


def variant_names() -> tuple[str, ...]:
    """The variants that need nothing but x and keep its shape."""
    return tuple(activations())


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures the parts; a case that fails is recorded as failed."""
    cases = [case for part in settings.parts for case in _CASES[part](settings)]
    progress.start(len(cases), SECTION)
    for label, measure in cases:
        with recorded_failure(SECTION, label, progress, record):
            begin = time.perf_counter()
            row = measure()
            record(SECTION, {**label, **row, "seconds": time.perf_counter() - begin})
        progress.advance(" ".join(map(str, label.values())))


Cases = Iterator[tuple[Row, Callable[[], Row]]]


def _born(settings: Settings) -> Cases:
    for width in settings.born_widths:
        yield {"part": "born", "width": width}, lambda width=width: _born_row(width, settings.networks)


def _born_row(width: int, networks: int, hidden: int = 49) -> Row:
    dead = jax.tree.map(np.asarray, born_dead(width, hidden, networks, 0))
    bounds = [diagnostics.born_dead_bounds([width] * count) for count in range(1, hidden + 1)]
    return {
        "networks": networks,
        "layers": list(range(2, hidden + 2)),
        "one_input": dead.one_input.tolist(),
        "domain": dead.domain.tolist(),
        "lower": [low for low, _ in bounds],
        "exact": [high for _, high in bounds],
    }


def _collapse(settings: Settings) -> Cases:
    for name in settings.collapse_cases:
        yield {"part": "collapse", "case": name}, lambda name=name: _collapse_row(name, settings)


def _collapse_row(name: str, settings: Settings) -> Row:
    steps = jnp.asarray(settings.collapse_steps)
    trained = jax.tree.map(np.asarray, learn_abs(name, settings.collapsing, 10, 2, steps, 1e-3, 0))
    return {
        "networks": settings.collapsing,
        "steps": settings.collapse_steps,
        "collapsed": float((trained.spread < 1e-3).mean()),
        "learned": float((trained.loss < 0.01).mean()),
        "spread": np.sort(trained.spread).tolist(),
    }


def _cure(settings: Settings) -> Cases:
    yield {"part": "cure", "case": "digits, 4 x 64, momentum 0.9"}, lambda: _cure_row(settings)


def _cure_row(settings: Settings, deadly: float = 0.3, healthy: float = 0.03) -> Row:
    """Healthy from the start; driven dead; then trained on at the healthy rate, recycled once or not."""
    case, steps, seeds = Setup(), settings.steps, settings.seeds
    once, often = (dataclasses.replace(case, recycle=each) for each in (steps, settings.every))
    first, second = order(seeds, steps), order(seeds, steps, after=steps)
    slow, fast = jnp.full(seeds, healthy), jnp.full(seeds, deadly)
    begin = start(case, seeds)
    dead = trainer(case)(begin, None, fast, first)
    outcomes = {
        "healthy": trainer(case)(begin, None, slow, first),
        "driven dead": dead,
        "trained on": trainer(case)(dead.parameters, dead.momenta, slow, second),
        "recycled once": trainer(once)(dead.parameters, dead.momenta, slow, second),
        f"recycled every {settings.every}": trainer(often)(dead.parameters, dead.momenta, slow, second),
    }
    return {
        "steps": steps,
        "deadly": deadly,
        "rate": healthy,
        "runs": {
            name: {"test": np.asarray(o.test).tolist(), "dead": np.asarray(o.dead).tolist()}
            for name, o in outcomes.items()
        },
    }


def _sweep(settings: Settings) -> Cases:
    names = variant_names() if settings.variants is None else settings.variants
    for name in names:
        for cure in CURES:
            yield (
                {"part": "sweep", "variant": name, "cure": cure},
                lambda name=name, cure=cure: _sweep_row(name, cure, settings),
            )


def _sweep_row(name: str, cure: str, settings: Settings) -> Row:
    gain, recycle = CURES[cure]
    case = Setup(name, gain=gain, recycle=settings.every if recycle else 0)
    common = (settings.rate,)

    def curve(case: Setup, rates: tuple[float, ...], biases: tuple[float, ...] = (0.0,)) -> list[dict]:
        return _trained(case, rates, biases, settings)

    axes = {
        "rate": (settings.rates, curve(case, settings.rates)),
        "bias": (settings.biases, curve(case, common, settings.biases)),
    }
    for axis, values in (("depth", settings.depths), ("width", settings.widths)):
        cases = [dataclasses.replace(case, **{axis: value}) for value in values]
        axes[axis] = (values, [point for each in cases for point in curve(each, common)])
    return {
        "seeds": settings.seeds,
        "steps": settings.steps,
        "rate": settings.rate,
        "axes": {axis: {"values": list(values), "points": points} for axis, (values, points) in axes.items()},
    }


def _trained(
    case: Setup, rates: tuple[float, ...], biases: tuple[float, ...], settings: Settings
) -> list[dict[str, Any]]:
    """One point for every rate, or for every bias: all trained in one program."""
    points = [(rate, bias) for rate in rates for bias in biases]
    parts = [start(case, settings.seeds, bias) for _, bias in points]
    parameters = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *parts)
    batches = jnp.concatenate([order(settings.seeds, settings.steps)] * len(points))
    all_rates = jnp.repeat(jnp.asarray([rate for rate, _ in points]), settings.seeds)
    outcome = trainer(case)(parameters, None, all_rates, batches)
    fields = {"dead": outcome.dead.mean(1), "stuck": outcome.gradient_dead.mean(1), "test": outcome.test}
    split = {name: np.asarray(of).reshape(len(points), -1).tolist() for name, of in fields.items()}
    finite = np.asarray(outcome.finite).reshape(len(points), -1).tolist()
    return [{**{name: of[k] for name, of in split.items()}, "finite": finite[k]} for k in range(len(points))]


def _cost(settings: Settings) -> Cases:
    yield {"part": "cost", "case": "monitor"}, lambda: measure_monitor(settings.monitored)
    yield {"part": "cost", "case": "report"}, lambda: measure_report(settings.examples)


_CASES = {"born": _born, "collapse": _collapse, "cure": _cure, "sweep": _sweep, "cost": _cost}
