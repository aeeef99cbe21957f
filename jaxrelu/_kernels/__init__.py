"""Arithmetic: elementary functions of one float, accurate to a few units in the last place."""
