"""Polynomials that stand for relu under encryption."""
