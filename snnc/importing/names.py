"""Layers' names in a file, and what a spec calls them: lower-case letters, digits and underscores, 32 at most."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from itertools import count

from snnc.program.reserved_names import RESERVED

LONGEST = 32


def spec_name(name: str, taken: Collection[str], otherwise: str) -> str:
    """Return a name for a layer, like its own in the file but none of those that are taken; `otherwise` if nothing is left of it."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    words = words.lstrip("0123456789_") or otherwise
    if words in RESERVED or keyword.iskeyword(words) or keyword.issoftkeyword(words):
        words = f"{words}_layer"
    plain = words[:LONGEST].rstrip("_")
    if plain not in taken:
        return plain
    numbered = (_shortened(words, f"_{number}") for number in count(2))
    return next(each for each in numbered if each not in taken)


def network_name(name: str) -> str:
    """Return a name for a network, like that of a file."""
    return spec_name(name, (), "network")


def _shortened(words: str, end: str) -> str:
    return words[: LONGEST - len(end)].rstrip("_") + end
