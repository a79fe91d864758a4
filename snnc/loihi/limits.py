"""The limits of a core that NengoLoihi checks in `validate_block`."""

#: Neurons. Loihi calls them compartments.
NEURONS = 1024
#: Axons into a core.
AXONS_IN = 4096
#: Slots for axons out of it.
AXONS_OUT = 4096
#: Synapse memory, in bits.
BITS = 2**20
#: The cores of two chips, which NengoLoihi asks for.
CORES = 2 * 128
#: The cores of Pohoiki Springs, the largest machine that was built of the chips: 768 of them.
LARGEST_SYSTEM = 768 * 128
