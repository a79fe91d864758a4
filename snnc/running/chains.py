"""In how many chains a stream is shown: runs side by side, of which each only begins in a cleared network."""

#: The first item of a chain doesn't follow another item. Long chains keep such items rare.
SHORTEST_CHAIN = 20
#: More chains are hardly faster.
MOST_CHAINS = 64


def chains(n_items: int) -> int:
    """Return the number of chains for a number of items."""
    return max(1, min(n_items // SHORTEST_CHAIN, MOST_CHAINS))
