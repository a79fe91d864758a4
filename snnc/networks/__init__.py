"""A program as Nengo networks in memory, and from the trained network to the one that runs."""
