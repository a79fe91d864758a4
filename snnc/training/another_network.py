"""What differs between the network that a file of parameters is for and another one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from snnc.networks.describe import layers_in_words, sources_of, spikes_in_words
from snnc.program.network import Network
from snnc.training.arrays_file import ArraysFile


def differences_of(file: ArraysFile, network: Network) -> Iterator[str]:
    """Yield what differs between the layers that a file was written for and those of a network."""
    for name, ours in layers_in_words(network).items():
        theirs = file.text(f"{name}.neurons")
        there, here = _settings(theirs), _settings(ours)
        for key in dict.fromkeys([*there, *here]):
            if there.get(key) != here.get(key):
                values = there.get(key, "nothing"), here.get(key, "nothing")
                yield f"{name}.{key}: {values[0]} there, {values[1]} in the spec"
    read = [sources_of(words) for words in (file.text("spikes"), spikes_in_words(network))]
    if read[0] != read[1]:
        theirs, ours = map(", ".join, read)
        yield f"layers that are read, in order: {theirs} there, {ours} in the spec"


def _settings(words: str) -> dict[str, str]:
    """Return the settings that `describe` has put into words."""
    if not (layer := re.match(r"(\d+) (\w+)\(", words)):
        return {}
    units, neurons = layer.groups()
    pairs = re.findall(r"(\w+)(?:=| \[)([^\s,)\]]+)", words)
    return {"units": units, "neurons": neurons, **{k: v.rstrip(".") for k, v in pairs}}
