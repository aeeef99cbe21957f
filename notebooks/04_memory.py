# %% [markdown]
# # Memory: what the backward pass keeps
#
# A training step has two halves. The forward pass computes the loss, and the backward pass computes the
# gradient from it. What the backward pass needs of the forward pass stays in memory in between. This notebook
# looks at what is kept, and makes it smaller.
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
from jaxrelu import with_residual
from jaxrelu.initializers import for_activation

BLUE, ORANGE, GREY, INK = "#1f6f8b", "#e2743b", "#b4bcc4", "#2b3640"
plt.rcParams.update(
    {
        "figure.dpi": 80,
        "font.size": 9,
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "legend.frameon": False,
    }
)

# %% [markdown]
# ## 1. One function
#
# `jax.vjp` gives the value and the backward pass. The backward pass is a pytree, and its leaves are the
# arrays that are kept. So we can look at them.


# %%
def kept(function, *args, there=()):
    """The arrays that the backward pass of function(*args) keeps, without those that are there anyway."""
    _, backward = jax.vjp(function, *args)
    leaves = [leaf for leaf in jax.tree.leaves(backward) if leaf.size > 1]
    return [leaf for leaf in leaves if not any(leaf is array for array in there)]


x = jax.random.normal(jax.random.key(0), (32,))
(mask,) = kept(jaxrelu.relu, x)
(bits,) = kept(with_residual(jaxrelu.relu, "bits"), x)
print("relu keeps a mask:", mask.dtype, mask.shape, f"{mask.nbytes} bytes")
print("relu keeps bits:  ", bits.dtype, bits.shape, f"{bits.nbytes} bytes")

# %% [markdown]
# relu needs one thing of each input: whether it is above 0. The mask says so in a byte. `with_residual(relu,
# "bits")` is the same function, and packs eight answers into one byte.

# %%
figure, axes = plt.subplots(figsize=(10, 3))
axes.bar(range(32), x / abs(x).max(), color=np.where(mask, BLUE, GREY), width=0.8)
for i, above in enumerate(mask):
    colour = BLUE if above else "white"
    axes.add_patch(plt.Rectangle((i - 0.4, -2), 0.8, 0.6, facecolor=colour, edgecolor=GREY))
    axes.text(i, -1.7, int(above), ha="center", va="center", color="white" if above else INK)
for i, byte in enumerate(bits):
    axes.add_patch(plt.Rectangle((8 * i - 0.4, -3), 7.8, 0.6, facecolor=ORANGE))
    axes.text(8 * i + 3.5, -2.7, int(byte), ha="center", va="center", color="white")
axes.axhline(0, color=INK, lw=0.8)
axes.set(ylim=(-3.2, 1.1), xlim=(-0.8, 31.8), xticks=[], yticks=[0, -1.7, -2.7])
axes.set_yticklabels(["32 inputs: 128 bytes", "mask: 32 bytes", "bits: 4 bytes"])
axes.tick_params(length=0)
for side in "left", "bottom":
    axes.spines[side].set_visible(False)
plt.show()

# %% [markdown]
# The slope of gelu can be any number, so gelu keeps its input. `jax.nn.gelu` keeps several arrays of that
# size.


# %%
def bytes_kept(function, x):
    return sum(array.nbytes for array in kept(function, x)) / x.size


x = jnp.linspace(-3, 3, 1024)
rows = {
    "relu": (jaxrelu.relu, jax.nn.relu),
    "leaky_relu": (jaxrelu.leaky_relu, jax.nn.leaky_relu),
    "elu": (jaxrelu.elu, jax.nn.elu),
    "silu": (jaxrelu.silu, jax.nn.silu),
    "gelu": (jaxrelu.gelu, jax.nn.gelu),
}
figure, axes = plt.subplots(figsize=(7, 2.8))
for row, functions in enumerate(rows.values()):
    for function, offset, colour in zip(functions, (-0.19, 0.19), (BLUE, GREY), strict=True):
        number = bytes_kept(function, x)
        axes.barh(row + offset, number, height=0.36, color=colour)
        axes.text(number, row + offset, f" {number:g}", va="center", fontsize=8)
for colour, library in (BLUE, "jaxrelu"), (GREY, "jax.nn"):
    axes.barh(0, 0, color=colour, label=library)
axes.set_yticks(range(len(rows)), list(rows))
axes.tick_params(length=0)
axes.set(title="Bytes kept an element, in float32", xlim=(0, 25))
axes.invert_yaxis()
axes.legend(loc="upper right")
plt.show()

# %% [markdown]
# ## 2. One layer
#
# In a network the neighbours keep arrays too. A matrix product keeps its input if its weights are trained.
# Here is `f(x @ up) @ down`. First both weights are trained. Then `down` is frozen, as it is beside a LoRA
# adapter.

# %%
x, up, down = jnp.ones((256, 64)), jnp.ones((64, 512)), jnp.ones((512, 64))


def described(arrays):
    return ", ".join(f"{array.dtype}{list(array.shape)}" for array in arrays)


relus = {
    "relu": jaxrelu.relu,
    "relu, output": with_residual(jaxrelu.relu, "output"),
    "relu, bits": with_residual(jaxrelu.relu, "bits"),
}
for name, f in relus.items():
    trained = kept(lambda up, down, f=f: f(x @ up) @ down, up, down, there=(x, up, down))
    frozen = kept(lambda up, f=f: f(x @ up) @ down, up, there=(x, up, down))
    print(name)
    print("  both trained:  ", described(trained))
    print("  down is frozen:", described(frozen))

# %% [markdown]
# - With both trained, the product with `down` keeps the output of relu, a whole float32 array. A twin that
#   keeps its `"output"` finds that array there already, and adds nothing.
# - With `down` frozen, nobody else keeps the output. Then `"bits"` are the least.
#
# ## 3. A network
#
# XLA, the compiler, removes some of these arrays and adds others for a while. So we compile the gradient of
# eight layers in a `lax.scan`, and ask the compiler how much temporary memory it plans. Nothing is run for
# that. The unit is one hidden tensor a layer: the size of `x @ up`, once for each layer.

# %%
LAYERS, ROWS, WIDTH, HIDDEN, RANK = 8, 256, 128, 1024, 8


def loss(weights, adapters, x, f, wrap):
    """Residual layers; each has two weights, and an adapter of low rank beside the first."""

    def layer(x, parts):
        (up, down), (a, b) = parts
        return x + f(x @ up + x @ a @ b) @ down, None

    return jax.lax.scan(wrap(layer), x, (weights, adapters))[0].sum()


def shaped(*shape):
    return jax.ShapeDtypeStruct(shape, jnp.float32)


weights = shaped(LAYERS, WIDTH, HIDDEN), shaped(LAYERS, HIDDEN, WIDTH)
adapters = shaped(LAYERS, WIDTH, RANK), shaped(LAYERS, RANK, HIDDEN)


def compiled(f, trained, wrap=lambda layer: layer):
    """Memory in hidden tensors a layer, and work of a layer in products with `up`."""
    gradient = jax.grad(functools.partial(loss, f=f, wrap=wrap), {"weights": 0, "adapters": 1}[trained])
    program = jax.jit(gradient).lower(weights, adapters, shaped(ROWS, WIDTH)).compile()
    memory = program.memory_analysis().temp_size_in_bytes / (4 * LAYERS * ROWS * HIDDEN)
    work = program.cost_analysis()["flops"] / (2 * ROWS * WIDTH * HIDDEN)  # the loop's body counts once
    return memory, work


gelus = {
    "jax.nn.gelu": jax.nn.gelu,
    "gelu": jaxrelu.gelu,
    "gelu, 4 bits": with_residual(jaxrelu.gelu, bits=4),
}
functions = {"jax.nn.relu": jax.nn.relu} | relus | gelus
figures = {
    trained: {name: compiled(f, trained) for name, f in functions.items()}
    for trained in ("weights", "adapters")
}

# %%
figure, panels = plt.subplots(1, 2, figsize=(10, 2.8), sharex=True, sharey=True)
titles = {"weights": "All weights are trained", "adapters": "The adapters are trained, the weights frozen"}
for axes, (trained, title) in zip(panels, titles.items(), strict=True):
    for row, (name, (memory, _)) in enumerate(figures[trained].items()):
        axes.barh(row, memory, color=GREY if name.startswith("jax.nn") else BLUE, height=0.7)
        axes.text(memory, row, f" {memory:.2f}", va="center", fontsize=8)
    axes.set(title=title, xlabel="temporary memory, in hidden tensors a layer")
    axes.set_yticks(range(len(functions)), list(functions))
    axes.tick_params(length=0)
    axes.margins(x=0.1)
    axes.grid(axis="x", alpha=0.3)
panels[0].invert_yaxis()
plt.show()

# %% [markdown]
# - Where the weights are trained, `"output"` needs the least for relu. Where they are frozen, `"bits"` do.
# - gelu needs less than that of `jax.nn` in both networks.
# - No bar is 0: a part of each is what the program needs for the layer that it is computing.
#
# ## 4. Compute again instead of keeping
#
# `jax.checkpoint` keeps the input of what it wraps, and computes the rest a second time in the backward pass.
# Around a whole layer that needs less memory than any residual, and more work. All weights are trained here.

# %%
again = functools.partial(jax.checkpoint, prevent_cse=False)  # in a scan nothing else has to be prevented
ways = {
    "jax.nn.gelu": figures["weights"]["jax.nn.gelu"],
    "gelu": figures["weights"]["gelu"],
    "gelu, 4 bits": figures["weights"]["gelu, 4 bits"],
    "checkpoint around the layer": compiled(jaxrelu.gelu, "weights", again),
}
figure, axes = plt.subplots(figsize=(6, 3))
for name, (memory, work) in ways.items():
    axes.plot(work, memory, "o", color=GREY if name.startswith("jax.nn") else BLUE, ms=9)
    axes.annotate(name, (work, memory), (0, 8), textcoords="offset points", ha="center")
axes.set(xlim=(5.5, 9), ylim=(0, 8), xlabel="work of a layer, in matrix products")
axes.set(ylabel="hidden tensors a layer", title="Memory and work of the gradient")
axes.grid(alpha=0.3)
plt.show()

# %% [markdown]
# ## 5. A slope in a few bits
#
# `with_residual(gelu, bits=4)` gives the exact value, and rounds the slope to one of 16 levels. Move the
# slider to see the levels.


# %%
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


def draw_slopes(bits):
    x = jnp.linspace(-4, 4, 1601)
    rounded = jax.vmap(jax.grad(with_residual(jaxrelu.gelu, bits=bits)))(x)
    exact = jax.vmap(jax.grad(jaxrelu.gelu))(x)
    figure, axes = plt.subplots(figsize=(7, 3))
    axes.plot(x, exact, color=GREY, lw=4, label="exact")
    axes.plot(x, rounded, color=ORANGE, label=f"{2**bits} levels")
    worst = abs(rounded - exact).max()
    axes.set(title=f"Slope of gelu, bits={bits}: {bits / 8:g} bytes an element, off by at most {worst:.3f}")
    axes.set(xlabel="x", ylim=(-0.3, 1.3))
    axes.legend(loc="upper left")
    return figure


slider({f"bits={bits}": draw_slopes(bits) for bits in range(1, 6)}, first=1)

# %% [markdown]
# Does a network learn with a rounded slope? Here one learns the digits three times, from the same start and
# with the same batches.

# %%
images, labels = load_digits(return_X_y=True)
images, labels = jnp.asarray(images / 16, jnp.float32), jnp.asarray(labels)


def network(parameters, x, f):
    for kernel in parameters[:-1]:
        x = f(x @ kernel)
    return x @ parameters[-1]


@functools.partial(jax.jit, static_argnums=0)
def losses(f, parameters, batches):
    """The loss of each step of Adam."""
    adam = optax.adam(1e-3)

    def step(carry, batch):
        def loss(parameters):
            outputs = network(parameters, images[batch], f)
            return optax.softmax_cross_entropy_with_integer_labels(outputs, labels[batch]).mean()

        parameters, state = carry
        value, gradient = jax.value_and_grad(loss)(parameters)
        updates, state = adam.update(gradient, state)
        return (optax.apply_updates(parameters, updates), state), value

    return jax.lax.scan(step, (parameters, adam.init(parameters)), batches)[1]


sizes = [64, 128, 128, 10]
shapes = itertools.pairwise(sizes)
start = [for_activation("gelu")(jax.random.key(i), shape) for i, shape in enumerate(shapes)]
batches = jax.random.randint(jax.random.key(2), (300, 64), 0, len(images))
curves = {"exact": losses(jaxrelu.gelu, start, batches)} | {
    f"bits={bits}": losses(with_residual(jaxrelu.gelu, bits=bits), start, batches) for bits in (4, 1)
}

figure, axes = plt.subplots(figsize=(7, 3))
for (name, curve), colour, width in zip(curves.items(), (GREY, BLUE, ORANGE), (4, 1.5, 1.5), strict=True):
    axes.plot(np.convolve(curve, np.ones(15) / 15, "valid"), color=colour, lw=width, label=name)
axes.set(xlabel="step", ylabel="loss, mean of 15 steps", yscale="log", title="Training with a rounded slope")
axes.legend()
plt.show()

# %% [markdown]
# **Try this.** Give `compiled` your own sizes. Put a LayerNorm behind the activation. Add `silu` and `elu`.
# The page [memory](../docs/memory.md) says what to take when, and [slopes in a few
# bits](../docs/quantized.md) has the errors.
