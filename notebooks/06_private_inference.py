# %% [markdown]
# # Private inference: a polynomial in place of relu
#
# A hospital wants a diagnosis from a model that runs elsewhere, and may not show its data. Homomorphic
# encryption lets a server compute on numbers that it cannot read. The server can add and multiply them. It
# cannot compare them, so it cannot compute relu. A polynomial is made of sums and products. This notebook
# puts polynomials in place of relu. Nothing is encrypted here: the notebook shows how much accuracy is left.
#
# To run it, in a checkout of jaxrelu: `pip install . optax scikit-learn matplotlib`.
# It takes less than a minute.

# %%
import base64
import functools
import io
import itertools
import warnings

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from IPython.display import HTML
from sklearn.datasets import load_digits

import jaxrelu
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
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.alpha": 0.3,
        "legend.frameon": False,
    }
)

# %% [markdown]
# ## 1. Four polynomials of one degree
#
# A polynomial can only be near relu on an interval, here from -1 to 1. There are several ways to choose the
# nearest one. `polynomial_relu` knows them by name. Move the slider to a higher degree.


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


METHODS = {"least_squares": BLUE, "chebyshev": "#7a5195", "derivative": "#2e8b57", "minimax": ORANGE}


def draw_fits(degree):
    """The polynomials of a degree, and their distance from relu."""
    x = np.linspace(-1, 1, 401)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3))
    left.plot(x, np.maximum(x, 0), color=GREY, lw=5, label="relu")
    for method, colour in METHODS.items():
        polynomial = jaxrelu.polynomial_relu(degree, method=method)
        y = polynomial(x)
        left.plot(x, y, color=colour, label=method)
        right.plot(x, y - np.maximum(x, 0), color=colour, label=f"at most {polynomial.maximum_error:.4f}")
    left.set(title=f"degree {degree}", xlabel="x", ylim=(-0.1, 1.1))
    right.set(title="distance from relu", xlabel="x", ylim=(-0.1, 0.2))
    left.legend()
    right.legend(loc="upper right", ncols=2)
    return figure


slider({f"degree {degree}": draw_fits(degree) for degree in (2, 4, 8, 16)})

# %% [markdown]
# - `"minimax"` has the least largest distance.
# - `"least_squares"` has the least mean square distance. It is the default.
# - `"derivative"` is exact at both ends of the interval.
#
# ## 2. The price
#
# Encryption makes every product expensive, and a chain of products even more: its length decides how large
# the encrypted numbers have to be. A polynomial knows its longest chain, its `multiplicative_depth`, and its
# number of `multiplications`. A `"composite"` is made of polynomials that are applied one to the other.

# %%
candidates = [(f"minimax, degree {d}", {"degree": d, "method": "minimax"}) for d in (2, 4, 8, 16, 32)]
candidates += [
    (f"composite, {' '.join(stages)}", {"method": "composite", "stages": stages})
    for stages in (("f3",), ("g3", "f3"), ("g3", "g3", "f3", "f3"))
]
print(f"{'on [-1, 1]':<24}    depth products  largest error")
for name, arguments in candidates:
    p = jaxrelu.polynomial_relu(**arguments)
    print(f"{name:<24} {p.multiplicative_depth:8} {p.multiplications:8} {p.maximum_error:14.4f}")

# %% [markdown]
# ## 3. Outside the interval
#
# Outside its interval a polynomial is no stand-in for relu. The higher the degree, the faster it leaves.

# %%
x = np.linspace(-3, 3, 601)
figure, axes = plt.subplots(figsize=(7, 3))
axes.axvspan(-1, 1, color=GREY, alpha=0.25, lw=0)
axes.plot(x, np.maximum(x, 0), color=GREY, lw=5, label="relu")
for degree, colour in zip((2, 4, 8, 16), (BLUE, ORANGE, "#7a5195", "#2e8b57"), strict=True):
    axes.plot(x, jaxrelu.polynomial_relu(degree)(x), color=colour, label=f"degree {degree}")
axes.set(ylim=(-3, 6), xlabel="x", title="Polynomials for the interval from -1 to 1 (grey), drawn beyond it")
axes.legend(loc="upper center", ncols=2)
plt.show()

# %% [markdown]
# ## 4. Swap relu for a polynomial
#
# A small classifier learns the digits with relu. Its weights stay as they are, and relu is swapped for a
# polynomial. First we look at the inputs that its activations get: they decide which interval is needed.

# %%
images, labels = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(images))
images, labels = jnp.asarray(images[order] / 16, jnp.float32), jnp.asarray(labels[order])
train, valid, test = slice(0, 1000), slice(1000, 1400), slice(1400, None)
SIZES = [64, 64, 64, 10]


def layers(parameters, x, f):
    """The inputs of every activation; the last are the logits."""
    before = []
    for kernel in parameters:
        before.append((f(before[-1]) if before else x) @ kernel)
    return before


@functools.partial(jax.jit, static_argnums=0)
def trained(f, parameters, batches):
    adam = optax.adam(1e-3)

    def step(carry, batch):
        def loss(parameters):
            logits = layers(parameters, images[batch], f)[-1]
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[batch]).mean()

        parameters, state = carry
        updates, state = adam.update(jax.grad(loss)(parameters), state)
        return (optax.apply_updates(parameters, updates), state), None

    return jax.lax.scan(step, (parameters, adam.init(parameters)), batches)[0][0]


def start(f):
    shapes = itertools.pairwise(SIZES)
    return [for_activation(f)(jax.random.key(i), shape) for i, shape in enumerate(shapes)]


def accuracy(parameters, f, part):
    return float((layers(parameters, images[part], f)[-1].argmax(-1) == labels[part]).mean())


batches = jax.random.randint(jax.random.key(9), (600, 64), 0, train.stop)
with_relu = trained(jaxrelu.relu, start("relu"), batches)
print(f"test accuracy with relu: {accuracy(with_relu, jaxrelu.relu, test):.1%}")

*hidden, _ = layers(with_relu, images[train], jaxrelu.relu)
figure, axes = plt.subplots(figsize=(7, 2.6))
for i, inputs in enumerate(hidden):
    colour = (BLUE, ORANGE)[i]
    axes.hist(np.ravel(inputs), 120, range=(-6, 6), histtype="step", color=colour, label=f"layer {i + 1}")
axes.set(title="Inputs of relu, training images", xlabel="input", yticks=[])
axes.legend()
plt.show()

# %% [markdown]
# Now the interval `[-q, q]` is varied. A small interval leaves many inputs outside. On a large one the
# polynomial is farther from relu: its error grows in proportion to q. The accuracy here is on validation
# images, which choose q for each degree.


# %%
def stand_in(degree, q):
    return jaxrelu.polynomial_relu(degree, (-q, q), method="minimax")


reach = np.array([0.5, 1, 2, 3, 4, 6, 8, 16])
everything = jnp.concatenate([jnp.ravel(inputs) for inputs in hidden])
outside = [float((abs(everything) > q).mean()) for q in reach]
swapped = {degree: [accuracy(with_relu, stand_in(degree, q), valid) for q in reach] for degree in (2, 4, 8)}

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3))
left.axhline(100 * accuracy(with_relu, jaxrelu.relu, valid), color=GREY, lw=4, label="relu")
for (degree, scores), colour in zip(swapped.items(), (BLUE, ORANGE, "#7a5195"), strict=True):
    left.plot(reach, 100 * np.array(scores), "o-", color=colour, ms=4, label=f"degree {degree}")
right.plot(reach, 100 * np.array(outside), "o-", color=INK, ms=4)
left.set(ylabel="validation accuracy, %", title="Accuracy with relu swapped")
right.set(ylabel="inputs, %", title="Inputs outside the interval", ylim=(0, None))
for axes in left, right:
    axes.set(xscale="log", xlabel="q", xticks=[0.5, 1, 2, 4, 8, 16], xticklabels=[0.5, 1, 2, 4, 8, 16])
    axes.xaxis.set_minor_locator(plt.NullLocator())
left.legend(loc="lower right")
plt.show()

chosen = {degree: int(np.argmax(scores)) for degree, scores in swapped.items()}
for degree, k in chosen.items():
    print(f"degree {degree}: q = {reach[k]:g} is the best, with {outside[k]:.1%} of the inputs outside")

# %% [markdown]
# Degree 2 works even where many inputs are outside. Degrees 4 and 8 do not: outside they turn down, as the
# picture of section 3 shows. A q that is far too large costs accuracy too.
#
# Once the data are encrypted, nobody sees the inputs. So the interval has to be right before. `.checked` is
# the same function, and warns of inputs outside. It is for tests, because each call looks at all inputs.

# %%
checked = stand_in(4, 2.0).checked
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    jax.block_until_ready(checked(hidden[0]))
    jax.effects_barrier()
print(caught[0].message)

# %% [markdown]
# ## 5. Train with the polynomial
#
# The weights can get used to the polynomial. So we train once more, with the polynomial from the start, and
# compare on the test images. The last row has an interval that is too small for the swap.

# %%
print("test accuracy          swapped  trained with it")
for degree, q in (2, reach[chosen[2]]), (4, reach[chosen[4]]), (4, 2.0):
    polynomial = stand_in(degree, q)
    with_polynomial = trained(polynomial, start(polynomial), batches)
    scores = accuracy(with_relu, polynomial, test), accuracy(with_polynomial, polynomial, test)
    print(f"degree {degree}, q = {q:<4g} {scores[0]:13.1%} {scores[1]:16.1%}")
print(f"relu {accuracy(with_relu, jaxrelu.relu, test):25.1%}")

# %% [markdown]
# Where the interval suits the inputs, swap and training differ by little here. Where it is too small, the
# swapped model is lost. The trained one is not, because its weights were learned with this polynomial.
#
# **Try this.** Take `method="least_squares"`. Put a factor in front of each activation, so that fewer inputs
# are outside. More degrees and methods, with their errors and depths, are on the page [which one should I
# take?](../docs/choose.md#private-inference), and trained polynomials with learning rates of their own on the
# page [convergence](../docs/convergence.md#he).
