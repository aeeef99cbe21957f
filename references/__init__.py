"""What every variant should return, and what other libraries call it: for tests, benchmarks and docs.

A variant has one entry, a `Reference`, in `piecewise.py`, `exponential.py`, `gates.py` or `baselines.py`;
`units.py` holds what joins several numbers. The entry has two formulas of value and slope, which know nothing
of each other. One is in `jnp` on float64 arrays, and the library is compared with it. The other is in mpmath
at 50 digits, and the first is compared with that. `lookup.py` finds the entry of a row of the catalogue.
"""
