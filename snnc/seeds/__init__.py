"""The same spec with several seeds: each trained and run in a process of its own, here or on a cluster, and summed up in one table."""
