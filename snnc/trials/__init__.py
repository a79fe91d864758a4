"""Variants of a trained spec, tried on items that aren't test items."""
