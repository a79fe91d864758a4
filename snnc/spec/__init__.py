"""The spec language: tables, kinds, reading, validation."""
