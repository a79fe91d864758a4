"""snnc compiles the TOML spec of a spiking network to Nengo, NengoDL and NengoLoihi."""

__version__ = "0.1.0"
