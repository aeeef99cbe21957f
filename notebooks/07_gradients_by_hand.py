# %% [markdown]
# # Gradients by hand
#
# What does automatic differentiation do with a ReLU? Here the gradients of three models are written by hand,
# and compared with `jax.grad`: a single ReLU, a recurrent network, and a graph network.
#
# To run it, in a checkout of jaxrelu: `pip install . matplotlib`. It takes some ten seconds.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import jaxrelu

plt.rcParams.update({"figure.dpi": 80, "font.size": 9, "figure.constrained_layout.use": True})


def same(ours, theirs):
    """The largest difference, by the largest number."""
    return float(abs(ours - theirs).max() / abs(theirs).max()) < 1e-5


# %% [markdown]
# ## 1. One ReLU
#
# $y = \max(x, 0)$ has the differential $dy = s\,dx$ with a slope $s$ of 1 where $x > 0$, and of 0 where
# $x < 0$. So the backward pass needs no $x$: yes or no for each number is enough. jaxrelu keeps just that
# mask, a byte a number; `jaxrelu.with_residual(jaxrelu.relu, "bits")` packs eight into a byte.

# %%
x = jnp.array([-2.0, -0.5, 0.0, 0.5, 2.0])
print("value:", jaxrelu.relu(x).tolist())
print("slope:", jax.vmap(jax.grad(jaxrelu.relu))(x).tolist())
_, backward = jax.vjp(jaxrelu.relu, x)
print("kept: ", [f"{leaf.dtype}{leaf.shape}" for leaf in jax.tree.leaves(backward)])

# %% [markdown]
# ## 2. The kink
#
# At 0 there is no slope. Every line through the kink that stays below the function is a *subgradient*: all
# numbers from 0 to 1 are. A library has to choose one. jaxrelu and `jax.nn` take 0. The choice is a
# convention, and it matters where many inputs are exactly 0, such as behind another ReLU.

# %%
t = np.linspace(-1, 1, 201)
figure, axes = plt.subplots(figsize=(5, 3))
for slope in np.linspace(0, 1, 6):
    axes.plot(t, slope * t, color="#b4bcc4", lw=1)
axes.plot(t, np.maximum(t, 0), color="#1f6f8b", lw=3, label="relu")
axes.plot(t, 0 * t, color="#e2743b", ls="--", label="the subgradient that is taken, 0")
axes.set(title="Subgradients of relu at 0", xlabel="x", ylabel="value", ylim=(-0.6, 1.05))
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## 3. Forward and backward
#
# Reverse mode multiplies a *cotangent* of the output by the slope, forward mode a *tangent* of the input. For
# an elementwise function that is the same product. JAX refuses forward mode through a `custom_vjp`, which
# all functions of jaxrelu are. `jaxrelu.forward_mode` makes the twin that has it.

# %%
_, pullback = jax.vjp(jaxrelu.relu, x)
v = jnp.arange(1.0, 6.0)
_, pushed = jax.jvp(jaxrelu.forward_mode(jaxrelu.relu), (x,), (v,))
print("backward:", pullback(v)[0].tolist())
print("forward: ", pushed.tolist())

# %% [markdown]
# ## 4. A recurrent network
#
# $a_t = W r_{t-1} + x_t$ and $r_t = \mathrm{relu}(a_t)$. With $s_t = [a_t > 0]$ the differentials are
# $dr_t = s_t\,da_t$ and $da_t = dW\,r_{t-1} + W\,dr_{t-1}$. Read backwards, the cotangent $\bar r_t$ gives
#
# $$\bar a_t = s_t\,\bar r_t, \qquad \bar W \leftarrow \bar W + \bar a_t\,r_{t-1}^T, \qquad
# \bar r_{t-1} = W^T \bar a_t.$$

# %%
draw = np.random.default_rng(0)
width, steps = 12, 40
weights = jnp.asarray(draw.normal(0, np.sqrt(1 / width), (width, width)), jnp.float32)
inputs = jnp.asarray(draw.normal(0, 1, (steps, width)), jnp.float32)


def recurrent_loss(weights):
    def one(r, x):
        return jaxrelu.relu(weights @ r + x), None

    last, _ = jax.lax.scan(one, jnp.zeros(width), inputs)
    return 0.5 * (last**2).sum()


states, slopes = [jnp.zeros(width)], []
for x_t in inputs:
    a = weights @ states[-1] + x_t
    slopes.append(a > 0)
    states.append(slopes[-1] * a)

r_bar, w_bar, sizes = states[-1], jnp.zeros_like(weights), []
for t in reversed(range(steps)):
    a_bar = slopes[t] * r_bar
    w_bar += jnp.outer(a_bar, states[t])
    r_bar = weights.T @ a_bar
    sizes.append(float(jnp.linalg.norm(r_bar)))
print("the gradient by hand is that of jax.grad:", same(w_bar, jax.grad(recurrent_loss)(weights)))

# %% [markdown]
# The picture shows the slopes: a dark field is a unit that is off in this step, and lets nothing back. The
# gradient runs from right to left through the light fields alone.

# %%
figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4), sharex=True, height_ratios=(2, 1))
above.imshow(np.array(slopes).T, aspect="auto", cmap="gray", interpolation="nearest", vmin=-0.4, vmax=1)
above.set(title="Slope of each unit (white: 1, dark: 0)", ylabel="unit", yticks=[])
below.plot(range(steps - 1, -1, -1), sizes, color="#e2743b")
below.set(xlabel="step", ylabel="size of the cotangent", yscale="log")
plt.show()

# %% [markdown]
# ## 5. A graph network, and its gradient in the graph
#
# $Y = A\,\mathrm{relu}(A X W_0)\,W_1$ with the matrix $A$ of the graph. With $H = A X W_0$, $S = [H > 0]$ and
# a cotangent $G$ of $Y$, the matrix $A$ gets a part from each place where it stands:
#
# $$\bar A = G\,(\mathrm{relu}(H)\,W_1)^T + \bigl(S \odot (A^T G\,W_1^T)\bigr)\,(X W_0)^T.$$

# %%
nodes, features, hidden, classes = 10, 6, 8, 3
A, X, W0, W1 = (
    jnp.asarray(draw.normal(size=shape), jnp.float32)
    for shape in ((nodes, nodes), (nodes, features), (features, hidden), (hidden, classes))
)
Y, pullback = jax.vjp(lambda A: A @ jaxrelu.relu(A @ X @ W0) @ W1, A)
G = jnp.asarray(draw.normal(size=Y.shape), jnp.float32)

H = A @ X @ W0
S = H > 0
by_hand = G @ (jaxrelu.relu(H) @ W1).T + (S * (A.T @ G @ W1.T)) @ (X @ W0).T
print("the gradient by hand is that of jax.vjp:", same(by_hand, pullback(G)[0]))

# %% [markdown]
# **Try this.** Replace relu by `jaxrelu.leaky_relu` in both models: only the line that computes the slope
# changes. With `jaxrelu.softplus` the slope is no longer a bit, and the backward pass keeps a whole number.
