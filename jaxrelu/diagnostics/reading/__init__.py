"""A model is run, and its activations are read."""
