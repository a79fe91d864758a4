"""What a core of the chip has."""

NEURONS = 1024
AXONS_IN = 4096
#: Room for axons out of it.
AXONS_OUT = 4096
#: For weights.
BITS = 2**20
#: How many cores NengoLoihi asks for: two chips.
CORES = 2 * 128
