"""NengoDL training, the float twin, early stopping, checkpoints, and what training leaves on disk."""
