"""What parameters say that were trained elsewhere: which file they come from, and the weights that a training may start from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from snnc.data.arrays import Array

if TYPE_CHECKING:
    from snnc.networks.folding import Weights

#: What the names begin with of arrays that training starts from: with the operator, and the place among its Keras layer's weights.
START = "start."
#: The model that these come from. A training that starts there hands it on, with the arrays.
START_ORIGIN = "start.imported"
#: The model that parameters are which weren't trained since.
ORIGIN = "imported"


@dataclass(frozen=True)
class Origin:
    """The file of a model that was trained elsewhere: its name, and its SHA-256 in hexadecimal digits."""

    file: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.file} (SHA-256 {self.sha256[:8]})"

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def origin_in(text: str) -> Origin | None:
    """Return the origin that a text says as JSON; None if it says none."""
    try:
        said = json.loads(text)
        return Origin(str(said["file"]), str(said["sha256"]))
    except (ValueError, TypeError, KeyError):
        return None


def start_arrays(start: Weights, origin: Origin) -> dict[str, Any]:
    """Return weights that a training may start from, and where they come from, by their names in the file of parameters."""
    arrays = {
        f"{START}{name}.{index}": array
        for name, layer in start.items()
        for index, array in enumerate(layer)
    }
    return {**arrays, START_ORIGIN: origin.as_json()}


def start_in(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return those of the arrays of a file that a training which starts from them hands on."""
    return {name: array for name, array in arrays.items() if name.startswith(START)}


def start_digest(start: Mapping[str, Array]) -> str:
    """Return eight hex digits that identify the arrays that a training starts from."""
    digest = hashlib.sha256(b"".join(start[name].tobytes() for name in sorted(start)))
    return digest.hexdigest()[:8]


def start_weights(arrays: Mapping[str, Array]) -> dict[str, list[Array]]:
    """Return the weights that a training may start from, by operator, in the order in which Keras has them."""
    places: dict[str, dict[int, Array]] = {}
    for name, array in arrays.items():
        if found := re.fullmatch(rf"{re.escape(START)}(\w+)\.(\d+)", name):
            operator, index = found.groups()
            places.setdefault(operator, {})[int(index)] = array
    return {name: [layer[i] for i in sorted(layer)] for name, layer in places.items()}
