"""What a program becomes: a network in memory, or scripts."""
