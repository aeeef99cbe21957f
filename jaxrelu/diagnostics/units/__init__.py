"""Counts and statistics of units."""
