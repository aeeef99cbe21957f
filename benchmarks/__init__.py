"""The benchmarks of jaxrelu: `python -m benchmarks --help`."""
