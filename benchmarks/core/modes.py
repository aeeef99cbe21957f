"""What is timed, as results name it; without JAX, which the processes of other libraries do not import."""

FORWARD, GRADIENT = "forward", "value_and_gradient"
COPY = "copy"
FUSED = "fused"
