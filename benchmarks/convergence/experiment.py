"""How fast and how far a model trains with each variant: real digits, a Flax NNX model, several rates.

The protocol: every variant has the same grid of learning rates, an initialisation matched to it, and as many
weights as the others. Its rate is chosen on validation data, its accuracy reported on test data. Steps are
counted to a validation accuracy fixed beforehand; a run that never gets there counts as infinitely slow. The
spread is over seeds, which decide the first weights and the order of the batches; the split of the data is
one for all. `identity`, a linear model, and `sigmoid` and `tanh` run beside the variants, and gelu with its
slope kept in 2, 4 and 8 bits.
"""

import dataclasses
import time
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu

from ..core.digits import batches
from ..core.failures import recorded_failure
from ..core.progress import Progress
from ..core.results import Record, Row
from .model import BASELINES, ROUNDED, MLPPlan, arguments, plan
from .statistics import choose
from .training import Outcome, data, initial, trainer

SECTION = "convergence"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is trained, and how.

    Attributes:
      variants: names of `variant_names()`; None for all.
      seeds: runs at each rate, at least 2.
      rates: the learning rates tried, from low to high.
      steps: of training, a multiple of `every`.
      every: steps between two evaluations, so the resolution of steps to the target.
      target: the validation accuracy to reach, from 0 to 1.
      batch: images a step.
      width: outputs of a hidden layer of an elementwise activation.
      depth: hidden layers.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    seeds: int = 8
    rates: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
    steps: int = 400
    every: int = 5
    target: float = 0.97
    batch: int = 64
    width: int = 64
    depth: int = 4

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise ValueError(f"convergence: seeds is {self.seeds}; a spread needs at least 2")
        if self.steps % self.every:
            raise ValueError(f"convergence: steps is {self.steps}, not a multiple of every, {self.every}")
        if list(self.rates) != sorted(set(self.rates)) or not self.rates:
            raise ValueError(f"convergence: rates is {self.rates}; they have to rise")


# The classic ones, so that the tour takes no longer when the catalogue grows; without celu, which is elu at
# its default, and the exact gelu, which trains as the other.
_CLASSIC = ("relu", "leaky_relu", "prelu", "relu6", "general_relu", "elu", "selu", "softplus", "gelu", "silu")
Settings.QUICK = Settings(variants=(*_CLASSIC, "mish", "crelu", *ROUNDED, *BASELINES))
Settings.FULL = Settings(seeds=20, rates=tuple(2.0**power for power in range(-10, 1)), steps=600)
Settings.SMOKE = Settings(variants=("relu", "identity"), seeds=2, rates=(0.01, 0.1), steps=20)


def variant_names() -> tuple[str, ...]:
    """The catalogue, and what it is compared with.

    Gated units and maxout are left out: they join several numbers, need more matrices for as many channels,
    and so a model of their own.
    """
    rows = jaxrelu.catalogue()
    joined = {"maxout", *(name for name, row in rows.items() if row.family == "gated")}
    return (*(name for name in rows if name not in joined), *ROUNDED, *BASELINES)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Trains every variant; one that fails is recorded as failed."""
    names = variant_names() if settings.variants is None else settings.variants
    progress.start(len(names), SECTION)
    for name in names:
        with recorded_failure(SECTION, {"variant": name}, progress, record):
            record(SECTION, _measure(name, settings))
        progress.advance(name)


def _measure(name: str, settings: Settings) -> Row:
    """The row of one variant: all its seeds and rates, trained in one program."""
    model = plan(name, settings.width, settings.depth)
    start = time.perf_counter()
    inputs = (
        initial(model, settings.seeds),
        batches(settings.seeds, settings.steps, images=len(data().train.labels), batch=settings.batch),
        jnp.asarray(settings.rates, jnp.float32),
    )
    lowered = jax.jit(trainer(model, settings.every)).lower(*inputs)
    compiled = lowered.compile()
    middle = time.perf_counter()
    outcome = jax.tree.map(np.asarray, compiled(*inputs))
    seconds = {"compile_s": middle - start, "run_s": time.perf_counter() - middle}
    return {"variant": name, **_setting(model, settings), **_results(outcome, settings), **seconds}


def _setting(model: MLPPlan, settings: Settings) -> Row:
    """What was trained, as it goes into the row."""
    common = dataclasses.asdict(settings)
    del common["variants"]
    return {
        **common,
        "width": model.width,
        "weights": model.weights,
        "gain": model.gain,
        "arguments": arguments(model.name),
        "images": {part: len(split.labels) for part, split in data()._asdict().items()},
    }


def _results(outcome: Outcome, settings: Settings) -> Row:
    """Raw results by seed and rate; the whole curves only at the rate that is chosen."""
    hit = outcome.validation >= settings.target
    first = settings.every * (1.0 + hit.argmax(-1))
    steps = np.where(hit.any(-1), first, np.inf)
    final = np.asarray(outcome.validation[..., -1])
    chosen, edge = choose(final, steps)
    return {
        "rate": settings.rates[chosen],
        "edge": edge,
        "steps_to_target": [[None if np.isinf(s) else int(s) for s in seed] for seed in steps],
        "validation": _rounded(final),
        "test": _rounded(outcome.test),
        "dead": _rounded(outcome.dead),
        "finite": np.asarray(outcome.finite).tolist(),
        "curves": _rounded(outcome.validation[:, chosen]),
    }


def _rounded(values: Any) -> list:
    """Accuracies of a few hundred images need no more places, and make a shorter file."""
    return np.asarray(values, np.float64).round(5).tolist()
