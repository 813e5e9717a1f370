"""Derivatives held against differences of values."""
