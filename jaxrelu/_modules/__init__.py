"""What the modules of both Flax interfaces share."""
