"""Read the items and labels of each kind of source. Files are read by NumPy alone."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.arrays import DAMAGE
from snnc.data.csv_file import Format, csv_format, fault
from snnc.diagnostics.errors import Refusal, UsageError, cannot
from snnc.environment.libraries import needed
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.spec.sources import Csv, Keras, Openml, Sklearn


@dataclass(frozen=True)
class Raw:
    """Items and labels, and the names of both in their source."""

    x_name: str
    x: NDArray[Any]
    y_name: str
    y: NDArray[Any]


def read(program: Program) -> list[Raw]:
    """Return all items in one part, or in two, for training and testing, if they come split.

    Raises a Refusal if the items can't be used, a UsageError if they can't be reached.
    """
    data, path = program.data, program.data_path
    if path is not None:
        if isinstance(data, Csv):
            return [_csv(path, csv_format(program.network, data))]
        return _npz(program, path)
    if isinstance(data, Keras):
        return _keras(program, data)
    if isinstance(data, Openml):
        return [_openml(program, data)]
    assert isinstance(data, Sklearn)
    x, y = getattr(needed("sklearn.datasets"), f"load_{data.name}")(return_X_y=True)
    return [Raw("data", x, "target", y)]


def source_name(program: Program) -> str:
    """Return the name of the source in messages."""
    data = program.data
    if program.data_path is not None:
        return program.data_path.as_posix()
    if isinstance(data, Openml):
        return f"OpenML's {data.title}"
    assert isinstance(data, Sklearn | Keras)
    return f"{'scikit-learn' if isinstance(data, Sklearn) else 'Keras'}'s '{data.name}'"


def _npz(program: Program, path: Path) -> list[Raw]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names = program.data.arrays
            if program.data_file is not None:
                names = program.data.arrays_among(file.files)
            arrays = [np.asarray(file[name]) for name in names]
    except OSError as error:
        raise cannot("read", path, error) from error
    except DAMAGE as error:
        raise Refusal(f"{path.as_posix()} is damaged: {error}") from error
    starts = range(0, len(names), 2)
    return [Raw(names[i], arrays[i], names[i + 1], arrays[i + 1]) for i in starts]


def _csv(path: Path, how: Format) -> Raw:
    """Read a table as the scripts do. Only a table that NumPy refuses is read again line by line, to locate the error."""

    def class_number(text: str) -> float:
        return how.names.index(text) if text in how.names else float(text)

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "loadtxt: input contained no data")
            label = how.label_of(path)
            table = np.loadtxt(
                path,
                delimiter=how.delimiter,
                skiprows=int(how.header),
                comments=None,
                quotechar='"',
                converters={label: class_number},
                ndmin=2,
                encoding="utf-8-sig",
            )
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, LookupError) as error:
        raise Refusal(f"{path.as_posix()}: {fault(path, how) or error}") from error
    if table.size == 0:
        raise Refusal(f"{path.as_posix()} holds no items")
    # NumPy also reads nan and inf, and numbers that aren't classes.
    y = table[:, label]
    usable = np.isfinite(table).all() and np.isin(y, np.arange(how.classes)).all()
    if not usable and (message := fault(path, how)):
        raise Refusal(f"{path.as_posix()}: {message}")
    return Raw("items", np.delete(table, label, axis=1), "labels", y.astype(np.int64))


def _keras(program: Program, data: Keras) -> list[Raw]:
    load = getattr(needed("tensorflow").keras.datasets, data.name).load_data
    try:
        train, test = load()
    except Exception as error:  # Keras raises it when a download fails
        raise _out_of_reach(program, error) from error
    return [
        Raw("x_train", train[0], "y_train", train[1]),
        Raw("x_test", test[0], "y_test", test[1]),
    ]


def _openml(program: Program, data: Openml) -> Raw:
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
        raise _out_of_reach(program, error) from error
    except ValueError as error:
        raise Refusal(f"{where} can't be used: {str(error).rstrip('.')}") from error
    x, y = data_set.data, data_set.target
    if hasattr(x, "toarray"):
        raise Refusal(f"{where} is sparse; save it as plain arrays, and give them: --data FILE")
    if y is None or y.ndim != 1:
        raise Refusal(
            f"{where} has no single target; save items and labels, and give them: --data FILE"
        )
    return Raw("data", x, "target", _class_numbers(y, program.network, where))


def _class_numbers(y: NDArray[Any], network: Network, where: str) -> NDArray[np.int64]:
    """Return the number of each item's class: by the labels of the spec, or in sorted order."""
    labels = network.output.labels
    _refuse_missing(y, where)
    targets, numbers = np.unique(y, return_inverse=True)
    names = targets.tolist()
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


def _out_of_reach(program: Program, error: Exception) -> UsageError:
    reason = " ".join(str(getattr(error, "reason", "") or error).split())
    return UsageError(
        f"can't download {source_name(program)}: {reason}; with a file of its arrays, say --data FILE"
    )
