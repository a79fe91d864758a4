"""Trained networks for others: a network as a file that other frameworks read."""
