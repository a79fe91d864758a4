"""A finding: its code, its page, its place; how people and programs read it; the exceptions that carry it."""
