"""Populations, connections and operators; how layers lower to them; what parameters depend on."""
