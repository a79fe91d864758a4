"""A first spec for a file of data: what is in it, and what to write for that."""
