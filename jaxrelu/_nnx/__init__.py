"""The NNX modules with learned parameters; their public home is `jaxrelu.nnx`."""
