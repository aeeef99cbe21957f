"""Which rows of the catalogue stand for all, and how the compiler is told to hurry."""

# One of every kind of declaration.
OF_EVERY_KIND = (
    *("relu", "leaky_relu", "rrelu", "gelu", "softplus", "prelu", "apl", "surrogate_relu"),
    *("crelu", "maxout", "glu", "swiglu"),
)

# For programs that are run once, on a few numbers: to optimise them takes longer than to run them.
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
