"""The chip, emulated for many items at once: bit for bit what NengoLoihi's own emulator computes for one after the other."""
