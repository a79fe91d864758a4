"""Linear maps as they are trained, the calls that name them, and what a chain of them folds into."""
