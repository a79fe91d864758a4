"""Mistakes that people make in specs and in data, what is said of each, and whoever follows that to the letter."""
