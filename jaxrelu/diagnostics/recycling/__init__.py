"""Dead units get a new start."""
