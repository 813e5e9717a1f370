"""Operators: what one is, how its rules are declared and run, who brought it."""
