"""The arithmetic below every formula: elementary functions, their coefficients, formats, and choosing."""
