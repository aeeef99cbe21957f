"""What was read, as a report and while training."""
