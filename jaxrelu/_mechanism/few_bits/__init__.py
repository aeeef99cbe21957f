"""Slopes that are kept in a few bits."""
