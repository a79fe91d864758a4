"""A program as Python scripts, and which of them a person has edited."""
