"""Tested versions, patches of old libraries, imports of heavy ones, whole files."""
