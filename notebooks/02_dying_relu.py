# %% [markdown]
# # Dying ReLU: kill a network, see it, cure it
#
# A ReLU unit that is below zero for every example gives 0 and gets no gradient. Nothing that training does
# brings it back: it is dead. Here a small classifier is killed by a learning rate that is too high. We look
# at what died, give the dead units a new start, and train on.
#
# To run it, in a checkout of jaxrelu: `pip install . optax scikit-learn matplotlib`.
# It takes less than a minute.

# %%
# %matplotlib inline
import functools

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_digits

import jaxrelu
from jaxrelu import diagnostics

plt.rcParams.update({"figure.dpi": 80, "font.size": 9, "figure.constrained_layout.use": True})

# %% [markdown]
# ## A classifier of handwritten digits
#
# Four hidden layers of 64 units. The activation is an argument, so that we can try another one later.

# %%
images, labels = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(images))
images, labels = jnp.asarray(images[order] / 16, jnp.float32), jnp.asarray(labels[order])
train, test = (images[:1400], labels[:1400]), (images[1400:], labels[1400:])


class Classifier(nnx.Module):
    def __init__(self, activation, rngs):
        self.hidden = nnx.List([nnx.Linear(64, 64, rngs=rngs) for _ in range(4)])
        self.last = nnx.Linear(64, 10, rngs=rngs)
        self.activation = activation

    def __call__(self, x):
        for layer in self.hidden:
            x = self.activation(layer(x))
        return self.last(x)


@functools.partial(jax.jit, static_argnums=0)
def trained(graph, parameters, rate, batches):
    """The parameters after one step a batch, by gradient descent with momentum."""
    descent = optax.sgd(rate, momentum=0.9)

    def loss(parameters, batch):
        logits = nnx.merge(graph, parameters)(train[0][batch])
        return optax.softmax_cross_entropy_with_integer_labels(logits, train[1][batch]).mean()

    def step(carry, batch):
        parameters, state = carry
        updates, state = descent.update(jax.grad(loss)(parameters, batch), state)
        return (optax.apply_updates(parameters, updates), state), None

    return jax.lax.scan(step, (parameters, descent.init(parameters)), batches)[0][0]


def fit(model, rate, steps=300):
    """A new model: this one, trained with this learning rate."""
    graph, parameters = nnx.split(model)
    batches = np.random.default_rng(1).integers(0, len(train[0]), (steps, 64))
    return nnx.merge(graph, trained(graph, parameters, rate, batches))


def accuracy(model):
    return float((model(test[0]).argmax(-1) == test[1]).mean())


healthy = fit(Classifier(jaxrelu.relu, nnx.Rngs(0)), rate=0.03)
killed = fit(Classifier(jaxrelu.relu, nnx.Rngs(0)), rate=0.25)
print(f"accuracy with a learning rate of 0.03: {accuracy(healthy):.0%}")
print(f"accuracy with a learning rate of 0.25: {accuracy(killed):.0%}")

# %% [markdown]
# ## See it
#
# `diagnostics.report` runs the model over any batches and counts, layer by layer, the units that are 0 for
# *every* example. The model is not changed for that.

# %%
diagnostics.report(healthy, [train[0]])

# %%
(report := diagnostics.report(killed, [train[0]]))

# %% [markdown]
# The same as a picture: a cell is a unit, and a red one is dead.

# %%
diagnostics.draw_dead_map(report)

# %% [markdown]
# ## Cure it
#
# A lower learning rate alone does not help, because dead units get no gradient. `Recycler` gives them fresh
# incoming weights and no outgoing weights, so that the model computes the same as before, and the units can
# learn again.

# %%
again = fit(killed, rate=0.03)
print(f"trained on at a low rate:           {accuracy(again):.0%}")

cured = killed
recycler = diagnostics.Recycler()
for key in jax.random.split(jax.random.key(0), 4):
    state = optax.sgd(0.03, momentum=0.9).init(nnx.state(cured))
    cured, _ = recycler(cured, state, train[0], key)
    cured = fit(cured, rate=0.03, steps=100)
print(f"recycled four times and trained on: {accuracy(cured):.0%}")
cured_report = diagnostics.report(cured, [train[0]])
print(f"dead before: {report.dead:.0%}, after: {cured_report.dead:.0%}")

# %% [markdown]
# ## Prevent it
#
# An activation with a slope below zero keeps a gradient everywhere, and no unit dies. A rate that is far too
# high still spoils what is learned: the left picture shows that, the right one only what dies.

# %%
rates = (0.01, 0.05, 0.15, 0.25)
activations = {"relu": jaxrelu.relu, "leaky_relu": jaxrelu.leaky_relu}
scores, dead = {}, {}
for name, activation in activations.items():
    models = [fit(Classifier(activation, nnx.Rngs(0)), rate, steps=150) for rate in rates]
    scores[name] = [accuracy(model) for model in models]
    dead[name] = [
        float(np.mean([layer.figures["gradient_dead"] for layer in found.values()]))
        for found in (diagnostics.report(model, [train[0]]) for model in models)
    ]

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
for (name, values), mark in zip(scores.items(), "os", strict=True):
    left.plot(rates, 100 * np.array(values), marker=mark, label=name)
    right.plot(rates, 100 * np.array(dead[name]), marker=mark, label=name)
left.set(xscale="log", xlabel="learning rate", ylabel="test accuracy, %", title="What is learned")
right.set(xscale="log", xlabel="learning rate", ylabel="units without gradient, %", title="What dies")
right.legend(frameon=False)
plt.show()

# %% [markdown]
# **Try this.** Put `kernel_init=jaxrelu.initializers.for_activation(jaxrelu.relu)` into the layers, or
# `jaxrelu.surrogate_relu`, which has relu's values and a slope below zero in the backward pass alone. During
# a long training `diagnostics.Monitor` watches for dead units at the cost of one step in a hundred.
