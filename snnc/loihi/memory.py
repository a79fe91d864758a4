"""Synapse memory: the bits that weights take, counted as in `SynapseConfig.bits_per_axon` of NengoLoihi."""

from __future__ import annotations

#: The bits of a weight.
WEIGHT_BITS = 8
#: The bits that an index may have. It stands beside a weight and says which neuron this is for.
INDEX_BITS = (0, 6, 7, 8, 9, 10, 11, 12)
#: Weights that share a header. With it they are padded to whole words.
WEIGHTS_PER_HEADER = 64
HEADER_BITS = 10
WORD_BITS = 64
#: A population axon has a base, the neuron that its indices count from. It has 8 bits.
BASES = 256


def table_bits(weights: int, index_bits: int = 0) -> int:
    """Return the bits that a table takes: weights, each with an index of `index_bits`."""
    full, rest = divmod(weights, WEIGHTS_PER_HEADER)
    bits = full * _padded(WEIGHTS_PER_HEADER, index_bits)
    return bits + _padded(rest, index_bits) if rest else bits


def index_bits(largest: int) -> int:
    """Return the bits that all indices have where this is the largest."""
    enough = (bits for bits in INDEX_BITS if bits >= largest.bit_length())
    # Those of a layer that isn't split yet may be larger still. NengoLoihi counts them with the most bits, too.
    return next(enough, INDEX_BITS[-1])


def _padded(weights: int, index_bits: int) -> int:
    bits = weights * (WEIGHT_BITS + index_bits) + HEADER_BITS
    return -(-bits // WORD_BITS) * WORD_BITS
