"""Trained networks from elsewhere: files read, and said as a spec with its parameters."""
