"""Operators: what one is and says of itself, how its rules are declared and run, who brought it."""
