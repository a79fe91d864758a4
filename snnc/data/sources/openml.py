"""Data sets that scikit-learn downloads from openml.org."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.measured import regression_of
from snnc.data.sources.base import Raw, out_of_reach, source_name
from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import needed
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.spec.sources.openml import Source as Openml


def read(program: Program) -> list[Raw]:
    data = program.data
    assert isinstance(data, Openml)
    fetch = needed("sklearn.datasets").fetch_openml
    if data.name is None:
        which: dict[str, Any] = {"data_id": data.data_id}
    else:
        which = {"name": data.name, "version": data.version}
    where = source_name(program)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each failed attempt warns
            data_set = fetch(**which, as_frame=False, parser="liac-arff")
    except OSError as error:
        raise out_of_reach(program, error) from error
    except ValueError as error:
        raise Refusal(f"{where} can't be used: {str(error).rstrip('.')}") from error
    x, y = data_set.data, data_set.target
    if hasattr(x, "toarray"):
        raise Refusal(f"{where} is sparse; save it as plain arrays, and give them: --data FILE")
    if y is None or y.ndim != 1:
        raise Refusal(
            f"{where} has no single target; save items and labels, and give them: --data FILE"
        )
    return [Raw("data", x, "target", _class_numbers(y, program.network, where))]


def _class_numbers(y: NDArray[Any], network: Network, where: str) -> NDArray[np.int64]:
    """Return the number of each item's class: by the labels of the spec, or in sorted order."""
    labels = network.output.labels
    _refuse_missing(y, where)
    targets, numbers = np.unique(y, return_inverse=True)
    names = targets.tolist()
    if y.dtype.kind in "fiu" and (measured := regression_of(y)):
        raise Refusal(f"{where} has {len(names)} different targets{_some(names)}{measured}")
    if labels is None:
        if len(names) != network.output.classes:
            raise Refusal(
                f"{where} has {len(names)} different targets{_some(names)}: write classes = {len(names)} in [output]"
            )
        return np.asarray(numbers)
    unlisted = [name for name in names if name not in labels]
    if unlisted:
        raise Refusal(
            f"{where} has the target {unlisted[0]!r}, which labels in [output] doesn't list; its targets are"
            f"{_some(names)}"
        )
    return np.asarray(np.array([labels.index(name) for name in names])[numbers])


def _refuse_missing(y: NDArray[Any], where: str) -> None:
    missing = [item for item, value in enumerate(y.tolist()) if value is None or value != value]
    if missing:
        raise Refusal(f"{where} has no target for item {missing[0]}")


def _some(names: list[Any]) -> str:
    """Return the first names in a list, each quoted."""
    return " " + ", ".join(repr(name) for name in names[:8]) + (" ..." if len(names) > 8 else "")
