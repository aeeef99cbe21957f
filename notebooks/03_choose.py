# %% [markdown]
# # Choose: which activation for your own data?
#
# The page [which one should I take?](../docs/choose.md) knows small public tasks and published results. It
# does not know your data. This notebook goes from that page to a decision on data of your own. It compares a
# few candidates as the benchmark of jaxrelu does, in miniature:
#
# - Each function gets the learning rate that suits it, found on validation data.
# - Fresh seeds are reported, on test data that are looked at once.
# - A difference counts only with its interval, and if chance does not explain it.
#
# To run it, in a checkout of jaxrelu: `pip install . optax scikit-learn matplotlib`.
# It takes less than a minute.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxrelu
from jaxrelu.initializers import gain

plt.rcParams.update(
    {
        "figure.dpi": 80,
        "font.size": 9,
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.alpha": 0.3,
        "legend.frameon": False,
    }
)

# %% [markdown]
# ## 1. Your data, your model, your candidates
#
# Put your data here. They are divided in three: to train, to choose the learning rate (validation), and for
# the report (test).

# %%
images, labels = load_digits(return_X_y=True)
images = (images / 16 - 0.3).astype(np.float32)
train_x, rest_x, train_y, rest_y = train_test_split(
    images, labels, test_size=0.6, stratify=labels, random_state=0
)
valid_x, test_x, valid_y, test_y = train_test_split(
    rest_x, rest_y, test_size=0.5, stratify=rest_y, random_state=0
)
train_x, valid_x, test_x, train_y, valid_y, test_y = map(
    jnp.asarray, (train_x, valid_x, test_x, train_y, valid_y, test_y)
)
print(len(train_x), "images to train,", len(valid_x), "for validation,", len(test_x), "to test")

# %% [markdown]
# The model here has twelve plain layers of 32 units, without normalisation. relu is what it was made with.
# For such a network the page names elu and selu. gelu is what many models have today.

# %%
LAYERS, WIDTH, STEPS, BATCH = 12, 32, 150, 32
FIRST = "relu"
CANDIDATES = {
    "relu": jaxrelu.relu,
    "gelu": jaxrelu.gelu,
    "elu": jaxrelu.elu,
    "selu": jaxrelu.selu,
}
COLOURS = dict(zip(CANDIDATES, ("#2b3640", "#e2743b", "#7a5195", "#1f6f8b"), strict=True))


def start(f, draw):
    """First, hidden and last weights, scaled by the gain of the activation."""
    shapes = (train_x.shape[1], WIDTH), (LAYERS - 1, WIDTH, WIDTH), (WIDTH, 10)
    return [gain(f) * draw.normal(0, shape[-2] ** -0.5, shape).astype(np.float32) for shape in shapes]


def model(parameters, x, f):
    first, hidden, last = parameters
    x, _ = jax.lax.scan(lambda x, kernel: (f(x @ kernel), None), f(x @ first), hidden)
    return x @ last


def trained(f, rate, parameters, batches):
    """The accuracy on validation and on test data after one step of Adam for each batch, in %."""
    adam = optax.adam(optax.cosine_decay_schedule(rate, STEPS))

    def step(carry, batch):
        def loss(parameters):
            logits = model(parameters, train_x[batch], f)
            return optax.softmax_cross_entropy_with_integer_labels(logits, train_y[batch]).mean()

        parameters, state = carry
        updates, state = adam.update(jax.grad(loss)(parameters), state)
        return (optax.apply_updates(parameters, updates), state), None

    (parameters, _), _ = jax.lax.scan(step, (parameters, adam.init(parameters)), batches)
    parts = (valid_x, valid_y), (test_x, test_y)
    return [100 * (model(parameters, x, f).argmax(-1) == y).mean() for x, y in parts]


# A training for each rate, all of them at once.
all_trained = jax.jit(jax.vmap(trained, in_axes=(None, 0, 0, 0)), static_argnums=0)


def accuracies(f, rates, seeds):
    """On validation and on test data, of a training for each rate and seed."""
    draws = [np.random.default_rng(seed) for seed in seeds]
    batches = np.stack([draw.integers(0, len(train_x), (STEPS, BATCH)) for draw in draws])
    parameters = [np.stack(weights) for weights in zip(*(start(f, draw) for draw in draws), strict=True)]
    return [np.asarray(scores) for scores in all_trained(f, rates, parameters, batches)]


# %% [markdown]
# ## 2. A learning rate for each
#
# A rate that suits one function may not suit another. So each function tries four rates, three seeds each,
# and takes the rate with the best mean on the validation data.

# %%
RATES = np.array([0.001, 0.003, 0.01, 0.03], np.float32)
TUNING = np.arange(3)
grid = [values.ravel() for values in np.meshgrid(RATES, TUNING, indexing="ij")]
tuned = {
    name: accuracies(f, *grid)[0].reshape(len(RATES), len(TUNING)).mean(1) for name, f in CANDIDATES.items()
}
chosen = {name: RATES[means.argmax()] for name, means in tuned.items()}

figure, axes = plt.subplots(figsize=(7, 3))
for name, means in tuned.items():
    axes.plot(RATES, means, "o-", ms=4, color=COLOURS[name], label=name)
    axes.plot(chosen[name], means.max(), "o", ms=10, mfc="none", color=COLOURS[name])
axes.set(
    xscale="log",
    xlabel="learning rate",
    ylabel="validation accuracy, %",
    title="A ring: the rate that is taken",
)
axes.set(xticks=RATES, xticklabels=[f"{rate:g}" for rate in RATES])
axes.xaxis.set_minor_locator(plt.NullLocator())
axes.legend()
plt.show()

# %% [markdown]
# Look at the edges of such a picture. If the best rate is the first or the last, the grid is too small: add
# rates.
#
# ## 3. Fresh seeds
#
# The best of many tries is partly luck. So the seeds above are not reported. Each function now trains with
# its rate from twelve fresh seeds. The same seed gives each function the same batches.

# %%
FRESH = np.arange(100, 112)
scores = {
    name: accuracies(f, np.repeat(chosen[name], len(FRESH)), FRESH)[1] for name, f in CANDIDATES.items()
}
figure, axes = plt.subplots(figsize=(7, 3))
for row, (name, values) in enumerate(scores.items()):
    axes.plot(values, np.full(len(values), row), "o", color=COLOURS[name], alpha=0.4, ms=6, mew=0)
    axes.plot(values.mean(), row, "|", color=COLOURS[name], ms=22, mew=2)
axes.set_yticks(range(len(scores)), list(scores))
axes.set(xlabel="test accuracy, %", title="A dot: a seed; the bar: their mean")
axes.set_ylim(len(scores) - 0.5, -0.5)
plt.show()

# %% [markdown]
# ## 4. Is it chance?
#
# Each candidate is compared with relu, seed by seed.
#
# - The interval says how large the mean difference may be. It comes from drawing the twelve differences again
#   and again (bootstrap).
# - p is the chance of a mean difference as large as this one, if a coin decides the sign of each difference.
#   With several candidates one of them wins by luck more easily. Holm's correction makes up for that.


# %%
def interval(differences, draw):
    """The 95 % interval of the mean."""
    again = draw.choice(differences, (10_000, len(differences))).mean(1)
    return np.quantile(again, [0.025, 0.975])


def chance(differences, draw):
    """How often random signs give a mean as far from 0."""
    signs = draw.choice([-1, 1], (20_000, len(differences)))
    means = abs((signs * differences).mean(1))
    return (1 + (means >= abs(differences.mean()) - 1e-9).sum()) / (1 + len(means))


def holm(chances):
    """The corrected chance of each name."""
    ordered, highest, corrected = sorted(chances, key=chances.get), 0.0, {}
    for place, name in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - place) * chances[name]))
        corrected[name] = highest
    return corrected


draw = np.random.default_rng(0)
differences = {name: values - scores[FIRST] for name, values in scores.items() if name != FIRST}
intervals = {name: interval(values, draw) for name, values in differences.items()}
corrected = holm({name: chance(values, draw) for name, values in differences.items()})

print(f"against {FIRST}, in points of accuracy")
for name, values in differences.items():
    low, high = intervals[name]
    print(f"  {name:<11} {values.mean():+6.1f}  [{low:+.1f}, {high:+.1f}]  p = {corrected[name]:.4f}")

# %%
figure, axes = plt.subplots(figsize=(7, 2.4))
for row, (name, values) in enumerate(differences.items()):
    axes.plot(intervals[name], [row, row], color=COLOURS[name], lw=3)
    axes.plot(values.mean(), row, "o", color=COLOURS[name], ms=8)
axes.axvline(0, color="#2b3640", lw=1)
axes.set_yticks(range(len(differences)), list(differences))
axes.set(xlabel=f"points of test accuracy above {FIRST}", title="Mean difference and its 95 % interval")
axes.set_ylim(len(differences) - 0.5, -0.5)
plt.show()

# %% [markdown]
# ## 5. The verdict
#
# A difference counts where p is at most 2 %. Below 5 % would be too generous: the rates come from few seeds,
# and p does not know of the luck in them.


# %%
def verdict():
    """One sentence for each outcome."""
    told_apart = [name for name in differences if corrected[name] <= 0.02]
    better = [name for name in told_apart if differences[name].mean() > 0]
    worse = [name for name in told_apart if differences[name].mean() < 0]
    same = [name for name in differences if name not in told_apart]
    yield f"Take {' or '.join(better)} in place of {FIRST}." if better else f"Keep {FIRST}."
    if worse:
        yield f"Do not take {' or '.join(worse)}: {FIRST} is better."
    if same:
        yield f"{' and '.join(same)} cannot be told apart from {FIRST} with {len(FRESH)} seeds."


print(*verdict(), sep="\n")

# %% [markdown]
# The verdict holds for this model, these data and these steps. Seeds share one division of the data, so the
# intervals are about training anew and not about new data.
#
# **Try this.** Put in data of your own. Set `FIRST` to elu: can the others be told apart from elu? Set
# `LAYERS` to 2: does the verdict stay? Compare your verdict with the pages [which one should I
# take?](../docs/choose.md) and [convergence](../docs/convergence.md). The whole protocol, with more tasks and
# with the speed, is `python -m benchmarks convergence` in a checkout of the repository.
