"""Every function on a mesh, beside the same program with its plain counterpart.

A table of programs x layouts x functions. `matrix.py` says which are tried, `judge.py` what has to hold for
each. `python -m tests.meshes` tries all of them and prints what fell short.
"""
