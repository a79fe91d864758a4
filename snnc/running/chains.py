"""In how many chains a stream is shown: runs side by side, of which each only begins in a cleared network."""

#: The first item of a chain doesn't follow another item. Long chains keep such items rare.
SHORTEST_CHAIN = 20
#: A few times as many chains are hardly faster.
USUAL_CHAINS = 64
#: Hundreds are: where all of them are so long, there are more.
LONG_CHAIN = 1_000
MOST_CHAINS = 512


def chains(n_items: int) -> int:
    """Return the number of chains for a number of items."""
    usual = max(1, min(n_items // SHORTEST_CHAIN, USUAL_CHAINS))
    return max(usual, min(n_items // LONG_CHAIN, MOST_CHAINS))
