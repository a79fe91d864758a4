"""Where accuracy goes: the same items on every rung from the float twin to the chip, and what brings it back."""
