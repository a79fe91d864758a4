"""A program as tables: its layers, every value."""
