"""What a program takes of the chip: limits, axons, cores."""
