"""The cores of the chip: how NengoLoihi splits layers into blocks, and the axons and memory that each block takes.

NengoLoihi's builder is followed in numbers alone, without weights. docs/cores.md counts a small network by hand, and
tests/test_cores.py compares both, block by block.
"""
