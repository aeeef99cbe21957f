# %% [markdown]
# # Deep signal: what depth does to a network
#
# A layer that makes the signal a little smaller does no harm. Fifty such layers leave nothing of the signal.
# Fifty layers that make the signal a little larger let it explode. The gradient has the same trouble on its
# way back. This notebook shows when that happens, which weights keep the signal, and why SELU keeps it by
# itself.
#
# To run it, in a checkout of jaxrelu: `pip install . optax scikit-learn matplotlib`.
# It takes less than a minute.

# %%
import base64
import functools
import io
import itertools

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from IPython.display import HTML
from sklearn.datasets import load_digits

import jaxrelu
from jaxrelu import diagnostics
from jaxrelu.initializers import for_activation, gain

FUNCTIONS = {
    "relu": jaxrelu.relu,
    "gelu": jaxrelu.gelu,
    "elu": jaxrelu.elu,
    "selu": jaxrelu.selu,
    "tanh": jaxrelu.tanh,
}
STYLES = dict.fromkeys(FUNCTIONS, "-") | {"tanh": "--"}
COLOURS = dict(zip(FUNCTIONS, ("#1f6f8b", "#e2743b", "#7a5195", "#2e8b57", "#8a939b"), strict=True))
plt.rcParams.update(
    {
        "figure.dpi": 80,
        "font.size": 9,
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.grid": True,
        "grid.alpha": 0.3,
        "legend.frameon": False,
    }
)

# %% [markdown]
# ## 1. Vanishing and exploding
#
# Here are fifty layers of 256 units without biases, `h = f(h) @ weights`. The weights are normal, with the
# deviation `scale / sqrt(256)`. The size of `h` is the root of its mean square. The left picture shows the
# size behind each layer. The right picture shows the size of the gradient there. The gradient runs from right
# to left. Move the slider to change the scale.

# %%
DEPTH, WIDTH, ROWS = 50, 256, 32
keys = jax.random.split(jax.random.key(0), DEPTH)
normal = jax.vmap(lambda key: jax.random.normal(key, (WIDTH, WIDTH)))(keys) / WIDTH**0.5
inputs = jax.random.normal(jax.random.key(1), (ROWS, WIDTH))


def size(h):
    """The root of the mean square of each layer."""
    return jnp.sqrt(jnp.mean(h**2, (1, 2)))


@functools.partial(jax.jit, static_argnums=0)
def signal_and_gradient(f, scale):
    """The size of the signal behind each layer, and of the gradient, which is about 1 at the last."""

    def signals(shifts):
        def layer(h, parts):
            weights, shift = parts
            h = f(h) @ (scale * weights) + shift
            return h, h

        return jax.lax.scan(layer, inputs, (normal, shifts))

    (_, signal), backward = jax.vjp(signals, jnp.zeros((DEPTH, ROWS, WIDTH)))
    random = jax.random.normal(jax.random.key(2), (ROWS, WIDTH))
    (gradient,) = backward((random, jnp.zeros_like(signal)))
    return size(signal), size(gradient)


def draw_sizes(runs, title):
    """The signal and the gradient of each function against depth."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 3), sharex=True, sharey=True)
    for axes, what, row in zip(panels, ("signal", "gradient"), (0, 1), strict=True):
        for name, sizes in runs.items():
            axes.plot(range(1, DEPTH + 1), sizes[row], color=COLOURS[name], ls=STYLES[name], label=name)
        axes.set(yscale="log", ylim=(1e-12, 1e12), xlabel="layer", title=f"{what}, {title}")
    panels[0].set_ylabel("size")
    panels[0].legend(ncols=2, loc="upper left")
    return figure


def slider(pictures, first=0):
    """Figures by their names, of which a slider shows one."""
    images = ""
    for i, (name, figure) in enumerate(pictures.items()):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=80)
        plt.close(figure)
        data = base64.b64encode(buffer.getvalue()).decode()
        style = "" if i == first else ' style="display:none"'
        images += f'<img alt="{name}" src="data:image/png;base64,{data}"{style}>'
    show = "(image, i) => image.style.display = i == this.value ? '' : 'none'"
    show = f"this.parentNode.querySelectorAll('img').forEach({show})"
    ends = f'min="0" max="{len(pictures) - 1}" value="{first}"'
    return HTML(f'<div><input type="range" {ends} oninput="{show}"><br>{images}</div>')


scales = (0.8, 1.0, 1.2, 1.41, 1.6, 1.8)
slider(
    {
        f"scale {scale}": draw_sizes(
            {name: signal_and_gradient(f, scale) for name, f in FUNCTIONS.items()}, f"scale {scale}"
        )
        for scale in scales
    },
    first=1,
)

# %% [markdown]
# With small weights the signal of relu and gelu vanishes. With large weights it explodes. The signal of tanh
# cannot explode, because no output of tanh is beyond 1. Its gradient can.
#
# ## 2. The gain
#
# A layer keeps the size if its weights make up for what the activation takes away. For normal inputs of size
# 1 that factor is the gain, $1 / \sqrt{E\,f(z)^2}$. relu takes half of the mean square. So its gain is the
# root of 2.

# %%
for name in FUNCTIONS:
    print(f"gain({name}) = {gain(name):.4f}")

# %%
runs = {name: signal_and_gradient(f, gain(f)) for name, f in FUNCTIONS.items()}
figure = draw_sizes(runs, "scale: the gain")
for axes in figure.axes:
    axes.set_ylim(1e-3, 1e3)
plt.show()

# %% [markdown]
# The signal of selu, elu and tanh stays at 1. That of relu strays a little, by chance. That of gelu does not
# stay.
#
# ## 3. Fixed points
#
# Why does the signal of gelu not stay? The picture shows what a layer with the gain does to signals of other
# sizes. Where a line is above 1, the layer makes the signal larger. Where it is below 1, the layer makes it
# smaller.

# %%
nodes, quadrature = np.polynomial.hermite_e.hermegauss(80)
quadrature /= quadrature.sum()
before = np.geomspace(0.25, 4, 81)
figure, axes = plt.subplots(figsize=(7, 3.2))
for name, f in FUNCTIONS.items():
    mean_square = (np.asarray(f(before[:, None] * nodes)) ** 2) @ quadrature
    ratio = gain(f) * np.sqrt(mean_square) / before
    axes.plot(before, ratio, color=COLOURS[name], ls=STYLES[name], label=name)
axes.set(xscale="log", xlabel="size before the layer", ylabel="size after, divided by before")
axes.set(title="What a layer does to the size", xticks=[0.25, 0.5, 1, 2, 4], xticklabels=[0.25, 0.5, 1, 2, 4])
axes.xaxis.set_minor_locator(plt.NullLocator())
axes.legend()
plt.show()

# %% [markdown]
# All lines meet in the point of size 1 and ratio 1. The gain does that. The direction of a line decides what
# happens next to that point.
#
# - The line of relu is level. Every size stays as it is.
# - The lines of selu, elu and tanh fall. A signal that is too large gets smaller, one that is too small gets
#   larger. Size 1 is a stable fixed point.
# - The line of gelu rises. A signal that is too large gets larger still. Its fixed point is unstable.
#
# ## 4. SELU's fixed point
#
# selu has gain 1, and also a fixed point of the mean, at 0. Here inputs of many means and deviations go
# through twelve layers of selu, and through twelve of relu. A path begins in a ring, with the mean and the
# deviation of the inputs. It goes on with those of the outputs of each layer, and ends in a dot.


# %%
@functools.partial(jax.jit, static_argnums=0)
def path(f, scale, mean, deviation):
    """Mean and deviation of the inputs, and of the outputs of each layer."""
    x = mean + deviation * inputs
    points = [(x.mean(), x.std())]
    for weights in normal[:12]:
        x = f(x @ (scale * weights))
        points.append((x.mean(), x.std()))
    return jnp.array(points).T


starts = [(m, s) for m in (-2.0, -1.0, 0.0, 1.0, 2.0) for s in (0.4, 2.0)]
figure, panels = plt.subplots(1, 2, figsize=(10, 3.6), sharex=True, sharey=True)
for axes, name in zip(panels, ("selu", "relu"), strict=True):
    f = FUNCTIONS[name]
    for start in starts:
        means, deviations = path(f, gain(f), *start)
        axes.plot(means, deviations, "-", color=COLOURS[name], lw=1, alpha=0.7)
        axes.plot(means[0], deviations[0], "o", color=COLOURS[name], mfc="white", ms=5)
        axes.plot(means[-1], deviations[-1], "o", color=COLOURS[name], ms=6)
    axes.set(title=f"{name}: from ring to dot in twelve layers", xlabel="mean")
panels[0].plot(0, 1, "+", color="black", ms=14)
panels[0].set_ylabel("deviation")
plt.show()

# %% [markdown]
# All paths of selu end near mean 0 and deviation 1, at the cross. Those of relu end in many places: a signal
# that starts large stays large.
#
# ## 5. Two inputs become one
#
# A network also has to tell two inputs apart. The cosine of the angle between two signals says how alike they
# are. At 1 they differ in nothing but their size. The inputs here are random, with a cosine near 0.


# %%
@functools.partial(jax.jit, static_argnums=0)
def cosines(f, scale):
    """The mean cosine between different rows, behind each layer."""

    def layer(h, weights):
        h = f(h) @ (scale * weights)
        directions = h / jnp.linalg.norm(h, axis=1, keepdims=True)
        products = directions @ directions.T
        return h, (products.sum() - ROWS) / (ROWS * (ROWS - 1))

    return jax.lax.scan(layer, inputs, normal)[1]


figure, axes = plt.subplots(figsize=(7, 3))
for name, f in FUNCTIONS.items():
    alike = cosines(f, gain(f))
    axes.plot(range(1, DEPTH + 1), alike, color=COLOURS[name], ls=STYLES[name], label=name)
axes.set(xlabel="layer", ylabel="mean cosine", title="How alike the inputs become", ylim=(-0.05, 1.25))
axes.legend(loc="upper center", ncols=5)
plt.show()

# %% [markdown]
# relu makes all inputs alike. selu and tanh, at the bottom, keep them apart. elu and gelu lie between.
#
# ## 6. Clipped lines
#
# Networks with a single input show the same. A relu network is made of lines, which are clipped at 0 and
# added. `draw_clipped_lines` draws them, and finds every joint exactly.


# %%
def random_network(depth, width, draw):
    """Layers as pairs of kernel and bias, with the gain of relu."""
    widths = [1] + [width] * depth + [1]
    return [
        (draw.normal(0, np.sqrt(2 / rows), (rows, columns)), draw.normal(0, 0.3, columns))
        for rows, columns in itertools.pairwise(widths)
    ]


diagnostics.draw_clipped_lines(random_network(2, 8, np.random.default_rng(0)), -3, 3)

# %%
figure, panels = plt.subplots(1, 4, figsize=(11, 2.6))
for axes, depth in zip(panels, (1, 3, 10, 40), strict=True):
    draw, joints = np.random.default_rng(1), []
    for _ in range(8):
        *_, output = diagnostics.clipped_lines(random_network(depth, 10, draw), -3, 3)
        joints.append(len(output.x) - 2)
        axes.plot(output.x, output.lines[:, 0], lw=1.2)
    axes.set(title=f"depth {depth}", xlabel="input")
    print(f"depth {depth:2}: joints of eight networks:", joints)
panels[0].set_ylabel("output")
plt.show()

# %% [markdown]
# The deepest networks have many joints, and still give nearly the same for every input: all inputs have
# become alike. In a thin network it can be worse. Where a whole layer is below 0, the output is one constant.
# `born_dead_probability` is the chance of that for an input, before any training.

# %%
print("chance at depth:  1       3      10      40")
for width in (2, 5, 10):
    chances = [diagnostics.born_dead_probability([width] * depth) for depth in (1, 3, 10, 40)]
    print(f"width {width:2}:", "  ".join(f"{chance:6.1%}" for chance in chances))

# %% [markdown]
# ## 7. What training makes of it
#
# Thirty layers of 64 units learn the digits. Nothing normalises, and no input skips a layer. The weights of
# the dotted network have scale 1, as those of Flax's layers have. The others come from `for_activation`,
# which is an initializer with the gain. The optimizer and the learning rate are the same for all.

# %%
images, labels = load_digits(return_X_y=True)
images, labels = jnp.asarray(images / 16 - 0.3, jnp.float32), jnp.asarray(labels)
batches = jax.random.randint(jax.random.key(3), (250, 64), 0, len(images))


def network(parameters, x, f):
    first, hidden, last = parameters
    x, _ = jax.lax.scan(lambda x, weights: (f(x @ weights), None), f(x @ first), hidden)
    return x @ last


@functools.partial(jax.jit, static_argnums=0)
def losses(f, parameters):
    """The loss of each step of Adam."""
    adam = optax.adam(3e-4)

    def step(carry, batch):
        def loss(parameters):
            outputs = network(parameters, images[batch], f)
            return optax.softmax_cross_entropy_with_integer_labels(outputs, labels[batch]).mean()

        parameters, state = carry
        value, gradient = jax.value_and_grad(loss)(parameters)
        updates, state = adam.update(gradient, state)
        return (optax.apply_updates(parameters, updates), state), value

    return jax.lax.scan(step, (parameters, adam.init(parameters)), batches)[1]


def start(initializer):
    hidden = [initializer(jax.random.key(i), (64, 64)) for i in range(30)]
    return (
        initializer(jax.random.key(30), (64, 64)),
        jnp.stack(hidden),
        initializer(jax.random.key(31), (64, 10)),
    )


figure, axes = plt.subplots(figsize=(7, 3.2))
unscaled = losses(jaxrelu.relu, start(jax.nn.initializers.lecun_normal()))
smooth = functools.partial(np.convolve, np.ones(15) / 15, mode="valid")
axes.plot(smooth(unscaled), color=COLOURS["relu"], ls=":", label="relu, scale 1")
for name in ("relu", "gelu", "elu", "selu"):
    learned = losses(FUNCTIONS[name], start(for_activation(name)))
    axes.plot(smooth(learned), color=COLOURS[name], label=name)
axes.set(xlabel="step", ylabel="loss, mean of 15 steps", title="Thirty plain layers learn the digits")
axes.set_ylim(0, 2.8)
axes.legend(ncols=5, loc="upper center")
plt.show()

# %% [markdown]
# Without the gain relu learns the least: little of the signal arrives, and little of the gradient. elu and
# selu are the fastest here.
#
# **Try this.** Let the input skip each layer, `x + f(x @ weights)`, and see which differences remain. Another
# learning rate may suit another function: a comparison with a rate chosen for each is on the page
# [convergence](../docs/convergence.md#deep-mlp). How to set the weights of a model is on the page
# [initializers](../docs/initializers.md).
