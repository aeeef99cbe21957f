# %% [markdown]
# # A tour of jaxrelu
#
# Four stops, less than a minute of computing on a laptop:
#
# 1. the classic variants and their slopes,
# 2. a Flax model that learns its slopes,
# 3. a small network taken apart into clipped lines,
# 4. what the functions keep for the backward pass.
#
# To run it, in a checkout of jaxrelu: `pip install . optax scikit-learn matplotlib`. How fast the functions
# are on your machine says `python -m benchmarks`.

# %%
import functools
import itertools
import math

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxrelu
from jaxrelu.masks import weight_decay_mask
from jaxrelu.nnx import PReLU

BLUE, ORANGE, GREY, INK = "#1f6f8b", "#e2743b", "#b4bcc4", "#2b3640"
plt.rcParams.update(
    {
        "figure.dpi": 80,
        "figure.constrained_layout.use": True,
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#eceff1",
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "path.simplify": False,
    }
)

# %% [markdown]
# ## 1. The classic variants
#
# Of the rows of `jaxrelu.catalogue()` those that everybody knows: the value above, its slope
# below. The slope is what `jax.grad` gives through the function's `custom_vjp`. A dot marks the slope
# **at** a kink, where left and right differ and a convention has to choose.


# %%
def draw_variant(variant, above, below):
    """The value in the upper axes, the slope in the lower, with gaps at the kinks and a dot on them."""
    function = functools.partial(variant.bound, **variant.example)
    slope = jax.vmap(jax.grad(function))
    kinks = np.array(list(variant.kinks))
    x = np.linspace(-6, 6, 801)
    off_kinks = np.setdiff1d(x, kinks)
    pieces = np.split(off_kinks, np.searchsorted(off_kinks, np.sort(kinks)))

    above.plot(x, function(jnp.asarray(x)), color=BLUE, lw=2)
    above.set_title(variant.name, fontweight="bold")
    for piece in pieces:
        below.plot(piece, slope(jnp.asarray(piece)), color=ORANGE, lw=2)
    if kinks.size:
        below.plot(kinks, slope(jnp.asarray(kinks)), "o", color=ORANGE, ms=4.5)


classic = "relu leaky_relu prelu relu6 hard_silu elu celu selu softplus gelu gelu_exact silu mish"
drawn = [jaxrelu.catalogue()[name] for name in classic.split()]
columns = 7
blocks = math.ceil(len(drawn) / columns)
figure = plt.figure(figsize=(12.5, 2.9 * blocks))
grid = figure.subplots(2 * blocks, columns, gridspec_kw={"height_ratios": [1.6, 1] * blocks})
figure.get_layout_engine().set(wspace=0.06)
for axes in grid.flat:
    axes.set_axis_off()
for i, variant in enumerate(drawn):
    block, column = divmod(i, columns)
    above, below = grid[2 * block : 2 * block + 2, column]
    draw_variant(variant, above, below)
    above.set(ylim=(-2.2, 6.5), yticks=[0, 3, 6])
    below.set(ylim=(-0.65, 1.95), yticks=[0, 1])
    for axes in above, below:
        axes.set_axis_on()
        axes.set(xlim=(-6, 6), xticks=[-6, 0, 6])
        axes.tick_params(length=0, labelleft=column == 0, labelbottom=axes is below)
    if column == 0:
        above.set_ylabel("value", color=BLUE)
        below.set_ylabel("slope", color=ORANGE)
figure.align_ylabels()
plt.show()

# %% [markdown]
# ## 2. A model that learns its slopes
#
# `jaxrelu.nnx.PReLU` is a drop-in for Flax's own; with `num_features` it has one slope per channel.
# Weight decay would pull the slopes to zero and so towards ReLU, whatever the data say: `weight_decay_mask`
# keeps it off them (He et al. 2015, section 2.1).


# %%
class Classifier(nnx.Module):
    """Two hidden layers, each followed by a PReLU with a slope per channel."""

    def __init__(self, *, rngs):
        self.linear_1 = nnx.Linear(64, 64, rngs=rngs)
        self.prelu_1 = PReLU(0.25, num_features=64)
        self.linear_2 = nnx.Linear(64, 32, rngs=rngs)
        self.prelu_2 = PReLU(0.25, num_features=32)
        self.linear_3 = nnx.Linear(32, 10, rngs=rngs)

    def __call__(self, images):
        hidden = self.prelu_1(self.linear_1(images))
        hidden = self.prelu_2(self.linear_2(hidden))
        return self.linear_3(hidden)


@nnx.jit
def train_step(model, optimizer, images, labels):
    def loss(model):
        return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

    value, gradients = nnx.value_and_grad(loss)(model)
    optimizer.update(model, gradients)
    return value


@nnx.jit
def accuracy(model, images, labels):
    return (model(images).argmax(-1) == labels).mean()


# %%
images, labels = load_digits(return_X_y=True)
train_images, test_images, train_labels, test_labels = train_test_split(
    images.astype(np.float32) / 16, labels.astype(np.int32), test_size=0.25, stratify=labels, random_state=0
)
model = Classifier(rngs=nnx.Rngs(0))
optimizer = nnx.Optimizer(model, optax.adamw(3e-3, weight_decay=1e-2, mask=weight_decay_mask), wrt=nnx.Param)

shuffle = np.random.default_rng(0)
for epoch in range(1, 26):
    order = shuffle.permutation(len(train_images))
    for batch in np.split(order[: len(order) // 64 * 64], len(order) // 64):
        loss = train_step(model, optimizer, train_images[batch], train_labels[batch])
    if epoch in (1, 5, 25):
        print(
            f"epoch {epoch:2}:  loss {loss:.4f}  "
            f"train accuracy {accuracy(model, train_images, train_labels):.3f}  "
            f"test accuracy {accuracy(model, test_images, test_labels):.3f}"
        )

# %% [markdown]
# Every channel started at 0.25. Sorted, the learned slopes show where the data pulled them: a bar above
# the line leaks more than at the start, a bar below leaks less, and below zero the unit folds its
# negative side up.

# %%
slopes = {
    "after layer 1": np.sort(model.prelu_1.negative_slope[...]),
    "after layer 2": np.sort(model.prelu_2.negative_slope[...]),
}
figure, panels = plt.subplots(
    1, 2, figsize=(9, 2.8), sharey=True, width_ratios=[len(learned) for learned in slopes.values()]
)
for axes, (where, learned) in zip(panels, slopes.items(), strict=True):
    axes.bar(np.arange(len(learned)), learned - 0.25, bottom=0.25, width=0.8, color=ORANGE)
    axes.axhline(0.25, color=INK, lw=1)
    axes.set_title(f"{where}: {len(learned)} slopes, {learned.min():.2f} to {learned.max():.2f}")
    axes.set(xlabel="channel, sorted", xticks=[])
    axes.grid(visible=False, axis="x")
    axes.margins(x=0.01)
panels[0].set_ylabel("learned negative slope")
panels[0].annotate("start", (0, 0.25), (0, 4), textcoords="offset points", ha="left", va="bottom")
plt.show()

# %% [markdown]
# ## 3. Clipped lines
#
# A ReLU network on one input is nothing but lines, clipped and added. Here are two hidden layers of ten
# units, trained on a wave.


# %%
def pre_activations(layers, x):
    """The pre-activations of every layer at the number x; those of the last layer are the output."""
    outputs, activations = [], x[None]
    for weights, bias in layers:
        outputs.append(weights @ activations + bias)
        activations = jaxrelu.relu(outputs[-1])
    return outputs


def network(layers, x):
    return pre_activations(layers, x)[-1][0]


def wave(x):
    return np.sin(2.5 * x)


def trained_layers(steps=4000):
    """Layers fitted to the wave on [-3, 3], with the joints of layer 1 spread evenly at the start."""
    draw = np.random.default_rng(10)
    first = draw.choice([-1.0, 1.0], (10, 1)) * draw.uniform(0.5, 1.5, (10, 1))
    layers = [
        (first, -first[:, 0] * np.linspace(-2.8, 2.8, 10)),
        (draw.normal(0, np.sqrt(2 / 10), (10, 10)), draw.normal(0, 0.5, 10)),
        (draw.normal(0, np.sqrt(1 / 10), (1, 10)), np.zeros(1)),
    ]
    layers = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), layers)
    x = jnp.linspace(-3, 3, 257)
    target = wave(x)
    adam = optax.adam(optax.cosine_decay_schedule(1e-2, steps))

    def loss(layers):
        return jnp.mean((jax.vmap(network, (None, 0))(layers, x) - target) ** 2)

    def step(carry, _):
        layers, state = carry
        updates, state = adam.update(jax.grad(loss)(layers), state)
        return (optax.apply_updates(layers, updates), state), None

    (layers, _), _ = jax.jit(lambda carry: jax.lax.scan(step, carry, length=steps))(
        (layers, adam.init(layers))
    )
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), layers)


layers = trained_layers()

# %% [markdown]
# Every joint can be computed exactly, without any search. Between two joints a layer's pre-activations
# are straight lines `slope * x + offset`; where such a line crosses zero, its unit is clipped, and there
# is a new joint. So the cuts of one layer give the pieces on which the next layer's lines are straight.


# %%
def straight_pieces(layers, low, high):
    """Cuts [low, high] at every joint.

    Returns:
      The pieces as (left, right, slope, offset) of the output, and the joints of each hidden layer as
      (x, unit) pairs.
    """
    pieces = [(low, high, np.ones(1), np.zeros(1))]
    joints = []
    for weights, bias in layers[:-1]:
        clipped, crossed = [], []
        for left, right, slope, offset in pieces:
            slope, offset = weights @ slope, weights @ offset + bias
            with np.errstate(divide="ignore"):  # a flat line has no crossing
                crossings = -offset / slope
            inside = np.flatnonzero((left < crossings) & (crossings < right))
            crossed += [(crossings[unit], unit) for unit in inside]
            for a, b in itertools.pairwise([left, *np.sort(crossings[inside]), right]):
                active = slope * (a + b) / 2 + offset > 0
                clipped.append((a, b, slope * active, offset * active))
        pieces = clipped
        joints.append(sorted(crossed))
    weights, bias = layers[-1]
    return [(a, b, *(weights @ s), *(weights @ o + bias)) for a, b, s, o in pieces], joints


pieces, joints = straight_pieces(layers, -3.0, 3.0)

# %% [markdown]
# The check, in float64: inside every piece the network is the line found for it, and `jax.grad` gives one
# slope all along it.

# %%
with jax.enable_x64(True):
    deviation = slope_error = 0.0
    for left, right, slope, offset in pieces:
        x = jnp.asarray(left + (right - left) * np.linspace(0.001, 0.999, 33))
        values, slopes = jax.vmap(jax.value_and_grad(network, 1), (None, 0))(layers, x)
        deviation = max(deviation, float(abs(values - (slope * x + offset)).max()))
        slope_error = max(slope_error, float(abs(slopes - slope).max()))

bends = np.array([abs(after[2] - before[2]) > 1e-9 for before, after in itertools.pairwise(pieces)])
print(f"{len(joints[0])} joints in layer 1, {len(joints[1])} in layer 2, {len(pieces)} straight pieces")
print(f"{bends.sum()} of the {bends.size} joints bend the output")
print(f"largest distance from the lines {deviation:.1e}, of jax.grad from their slopes {slope_error:.1e}")
assert len(pieces) == 1 + sum(map(len, joints))
assert deviation < 1e-12 and slope_error < 1e-12

# %% [markdown]
# Read the picture row by row: the lines, the same lines clipped at zero, and their weighted sum (faint:
# each clipped line times its weight). The sum in the first row is one unit of layer 2, drawn bold where it
# comes back in the second row. A dot is a joint: <span style="color:#1f6f8b">blue</span> from layer 1,
# <span style="color:#e2743b">orange</span> from layer 2.

# %%
x = np.union1d(np.linspace(-3, 3, 601), [at for layer in joints for at, _ in layer])
with jax.enable_x64(True):
    layer_1, layer_2, output = jax.vmap(pre_activations, (None, 0))(layers, jnp.asarray(x))
layer_1, layer_2, output = np.asarray(layer_1), np.asarray(layer_2), np.asarray(output)[:, 0]


def shades(colours, joints):
    """A colour for each unit, dark to light in the order of its first joint."""
    order = dict.fromkeys([unit for _, unit in joints] + list(range(10)))
    return dict(zip(order, plt.get_cmap(colours)(np.linspace(0.95, 0.4, 10)), strict=True))


def draw_units(axes, lines, colours, bold=None):
    for unit, line in enumerate(lines.T):
        axes.plot(x, line, color=colours[unit], lw=2 if unit == bold else 1)


def draw_joints(axes, joints, colours, line=None):
    """Dots at the joints, on a line or, without one, at zero."""
    for at, unit in joints:
        height = 0.0 if line is None else np.interp(at, x, line)
        axes.plot(at, height, "o", color=colours[unit], mec="white", mew=0.8, ms=5.5, zorder=3)


def draw_sum(axes, terms, total, colours, colour):
    for unit, term in enumerate(terms.T):
        axes.plot(x, term, color=colours[unit], lw=0.9, alpha=0.45)
    axes.plot(x, total, color=colour, lw=2)


blues, oranges = shades("GnBu", joints[0]), shades("Oranges", joints[1])
units = [unit for _, unit in joints[1]]
shown = max(units, key=units.count)  # the unit of layer 2 that has the most joints
clipped_1, clipped_2 = np.maximum(layer_1, 0), np.maximum(layer_2, 0)

figure, ((a, b, c), (d, e, f)) = plt.subplots(2, 3, figsize=(12.5, 6.4), sharex=True)
draw_units(a, layer_1, blues)
draw_joints(a, joints[0], blues)
a.set(title="layer 1: ten straight lines", ylabel="pre-activation")
draw_units(b, clipped_1, blues)
draw_joints(b, joints[0], blues)
b.set(title="clipped at zero")
draw_sum(c, clipped_1 * layers[1][0][shown], layer_2[:, shown], blues, oranges[shown])
draw_joints(c, joints[0], blues, layer_2[:, shown])
draw_joints(c, [joint for joint in joints[1] if joint[1] == shown], oranges)
c.set(title="weighted and added: one unit of layer 2")

draw_units(d, layer_2, oranges, bold=shown)
draw_joints(d, joints[1], oranges)
d.set(title="layer 2: ten bent lines", ylabel="pre-activation", xlabel="input")
draw_units(e, clipped_2, oranges, bold=shown)
draw_joints(e, joints[1], oranges)
e.set(title="clipped at zero", xlabel="input")
f.plot(x, wave(x), color=GREY, lw=8, alpha=0.5, label="the wave")
draw_sum(f, clipped_2 * layers[2][0][0], output, oranges, INK)
draw_joints(f, joints[0], dict.fromkeys(range(10), BLUE), output)
draw_joints(f, joints[1], dict.fromkeys(range(10), ORANGE), output)
f.set(title=f"weighted and added: the output, {len(pieces)} pieces", xlabel="input", ylim=(-2.5, 2.5))
f.legend(loc="upper right")
for axes in figure.axes:
    axes.axhline(0, color=GREY, lw=0.8, zorder=1)
plt.show()

# %% [markdown]
# ## 4. What is kept for the backward pass
#
# Between forward and backward, memory holds whatever the gradient needs. jaxrelu keeps the sign of a
# rectifier, one byte an element, and one tensor of x's dtype for a smooth function. `jax.vjp`
# returns a pytree of what is kept, so it can be weighed right here.


# %%
def bytes_kept(function, x):
    """Bytes an element that live from the forward pass to the backward pass."""
    _, backward = jax.vjp(function, x)
    return sum(leaf.nbytes for leaf in jax.tree.leaves(backward)) / x.size


def peer(variant):
    """The function of jax.nn that a variant is compared with."""
    return functools.partial(getattr(jax.nn, variant.peer), **variant.arguments)


def draw_pairs(axes, pairs, digits):
    """Two bars a row, ours above that of jax.nn; `pairs` maps the name of a row to its two numbers."""
    for row, numbers in enumerate(pairs.values()):
        for number, offset, colour in zip(numbers, (-0.19, 0.19), (BLUE, GREY), strict=True):
            axes.barh(row + offset, number, height=0.36, color=colour)
            axes.text(number, row + offset, f" {number:{digits}}", va="center", fontsize=7.5)
    for colour, label in (BLUE, "jaxrelu"), (GREY, "jax.nn"):
        axes.barh(0, 0, color=colour, label=label)
    axes.set_yticks(range(len(pairs)), list(pairs))
    axes.tick_params(length=0)
    axes.margins(x=0.08)
    axes.grid(visible=False, axis="y")


compared = [variant for variant in drawn if variant.peer]
figure, panels = plt.subplots(1, 2, figsize=(11, 0.34 * len(compared) + 0.8), sharex=True, sharey=True)
for axes, dtype in zip(panels, ("float32", "bfloat16"), strict=True):
    x = jnp.linspace(-3, 3, 2**16).astype(dtype)
    pairs = {v.name: [bytes_kept(function, x) for function in (v.bound, peer(v))] for v in compared}
    draw_pairs(axes, pairs, ".3g")
    axes.set(title=dtype, xlabel="bytes kept an element", xticks=range(0, 21, 4))
panels[0].invert_yaxis()
panels[1].legend(loc="upper right")
plt.show()
