"""What every variant should return, and what other libraries call it: for tests, benchmarks and docs."""
