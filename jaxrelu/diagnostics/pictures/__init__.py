"""What was read, drawn."""
