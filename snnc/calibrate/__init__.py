"""A trained network without a thought of spikes, brought to the chip: scaled by its activations, and run as it runs best."""
