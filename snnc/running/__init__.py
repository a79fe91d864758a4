"""A trained program as spikes: fresh, as a stream, emulated, as rates; answers, results, plots."""
