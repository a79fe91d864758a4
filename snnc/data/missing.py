"""What to write where a class has no items: other classes, or another split."""

from __future__ import annotations

import numpy as np

from snnc.data.csv_file import csv_format, label_names, naming
from snnc.data.prepare import MORE_ITEMS, NUMBERED, Data, Labels, parts
from snnc.program.program import Program
from snnc.spec import write_toml
from snnc.spec.sources.base import KnownKind
from snnc.spec.sources.csv import Source as Csv

#: Splits that are tried: a class of two items is in both parts of every second one, or so.
SPLITS = 100


def missing_hint(program: Program, data: Data) -> str:
    """Return a hint for classes without items to train on, or to test on; "" if there is no way but other data."""
    classes = program.network.output.classes
    counts = np.bincount(np.concatenate([data.y_train, data.y_test]), minlength=classes)
    if counts.all():
        return _other_split(program, data) if program.data.split_fraction else MORE_ITEMS
    present = np.flatnonzero(counts)
    if isinstance(program.data, KnownKind):
        return ""
    if len(present) < 2:
        return MORE_ITEMS
    if isinstance(program.data, Csv) and program.data_path is not None:
        how = csv_format(program.network, program.data)
        return naming(label_names(program.data_path, how, how.label_of(program.data_path)), how)
    if len(present) == present[-1] + 1:
        return f"write {_fewer(program, len(present))} in [output]"
    return f"{NUMBERED}, and write {_fewer(program, len(present), present)} in [output]"


def _fewer(program: Program, classes: int, present: Labels | None = None) -> str:
    labels = program.network.output.labels
    if labels is None:
        return f"classes = {classes}"
    kept = [labels[n] for n in (range(classes) if present is None else present)]
    return f"classes = {classes} and labels = {write_toml.value(kept)}"


def _other_split(program: Program, data: Data) -> str:
    """Return the hint for the first seed with which all classes are in both parts of data that are split here."""
    labels = np.concatenate([data.y_test, data.y_train])
    first = np.concatenate(parts(program.split_seed, len(labels), program.data.split_fraction))
    whole = np.empty_like(labels)
    whole[first] = labels
    classes = set(whole.tolist())
    key, table = ("seed", "network") if program.data.drawn_by is None else ("split_seed", "data")
    for seed in range(SPLITS):
        split = parts(seed, len(whole), program.data.split_fraction)
        if all(set(whole[part].tolist()) == classes for part in split):
            return f"write {key} = {seed} in [{table}], which splits them otherwise"
    return MORE_ITEMS
