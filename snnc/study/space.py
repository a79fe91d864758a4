"""What varies, as Optuna has it, and as it is written in a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Protocol

import optuna

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.program.addresses import IN_STEPS, key_path
from snnc.program.lower import layer_names
from snnc.spec import write_toml
from snnc.spec.changes import with_value
from snnc.spec.read import from_data
from snnc.spec.study import Range
from snnc.spec.tables import Spec
from snnc.spec.validate import validate

#: Values between two are written with so many digits, where they have no step.
DIGITS = 4


class Key(Protocol):
    """A key that varies."""

    @property
    def address(self) -> str: ...

    @property
    def path(self) -> KeyPath: ...

    def drawn(self, trial: optuna.Trial) -> Any:
        """Return the value of a trial, as it is written in the spec."""

    def parameter(self, value: Any) -> Any:
        """Return Optuna's parameter of a value; None if it isn't one of those that are searched."""

    def grid(self) -> list[Any]:
        """Return all of Optuna's parameters, where they are so many."""


@dataclass(frozen=True)
class Choices:
    """A key that has one of some values. Optuna has tables and arrays as TOML text."""

    address: str
    path: KeyPath
    values: tuple[Any, ...]

    def drawn(self, trial: optuna.Trial) -> Any:
        parameters = self.grid()
        return self.values[parameters.index(trial.suggest_categorical(self.address, parameters))]

    def parameter(self, value: Any) -> Any:
        return self.grid()[self.values.index(value)] if value in self.values else None

    def grid(self) -> list[Any]:
        return [v if isinstance(v, bool | int | float | str) else _text(v) for v in self.values]


@dataclass(frozen=True)
class Between:
    """A key that has a value between two. `multiple` is what values are rounded to a multiple of, if they have to be."""

    address: str
    path: KeyPath
    limits: Range
    is_count: bool
    multiple: float | None

    def drawn(self, trial: optuna.Trial) -> Any:
        low, high, step, log = self._limits()
        if self.is_count:
            return trial.suggest_int(self.address, low, high, step=step or 1, log=log)
        return self._written(trial.suggest_float(self.address, low, high, step=step, log=log))

    def parameter(self, value: Any) -> Any:
        low, high, step, _ = self._limits()
        if not isinstance(value, int | float) or not low <= value <= high:
            return None
        steps = (value - low) / (step or 1)
        return value if step is None or abs(steps - round(steps)) < 1e-6 else None

    def grid(self) -> list[Any]:
        low, high, step, _ = self._limits()
        step = step or 1
        # Optuna compares what it drew with what it was given.
        return [low + n * step for n in range(round((high - low) / step) + 1)]

    def _limits(self) -> tuple[Any, Any, Any, bool]:
        limits, kind = self.limits, int if self.is_count else float
        step = None if limits.step is None else kind(limits.step)
        return kind(limits.low), kind(limits.high), step, limits.log

    def _written(self, value: float) -> float:
        if self.multiple:
            return float(f"{round(value / self.multiple) * self.multiple:.10g}")
        if self.limits.step is not None:
            return float(f"{value:.10g}")
        return min(max(float(f"{value:.{DIGITS}g}"), self.limits.low), self.limits.high)


@dataclass(frozen=True, eq=False)
class Space:
    """All keys that vary, of a spec."""

    document: Document
    keys: tuple[Key, ...]
    #: What the spec says of each key, as Optuna's parameters: of those that it can say.
    own: Mapping[str, Any]

    @classmethod
    def of(cls, document: Document) -> Space:
        """Return the space of a document that has been checked."""
        spec = validate(document)
        assert spec.study is not None
        names = layer_names(spec.layers)
        keys: list[Key] = []
        for address, variation in spec.study.vary.items():
            path = key_path(address, names)
            assert path is not None
            written = document.data["study"]["vary"][address]
            if isinstance(variation, Range):
                is_count = _is_count(document, path, written)
                multiple = spec.network.dt if path in IN_STEPS else None
                keys.append(Between(address, path, variation, is_count, multiple))
            else:
                keys.append(Choices(address, path, tuple(written)))
        return cls(document, tuple(keys), _own(spec, keys))

    def drawn(self, trial: optuna.Trial) -> dict[str, Any]:
        """Return the value of each address in a trial, as it is written in the spec."""
        return {key.address: key.drawn(trial) for key in self.keys}

    def variant(self, values: Mapping[str, Any], set_aside: float | None) -> Document:
        """Return the spec with other values and without its study; with a share of the training items set aside, where that is said."""
        data = {name: table for name, table in self.document.data.items() if name != "study"}
        changes = self.changes(values, set_aside).items()
        return from_data(
            reduce(lambda data, pair: with_value(data, *pair), changes, data), self.document.path
        )

    def changes(self, values: Mapping[str, Any], set_aside: float | None) -> dict[KeyPath, Any]:
        """Return new values by the path of their key."""
        held: dict[KeyPath, Any] = {}
        if set_aside is not None:
            held["train", "validation_fraction"] = set_aside
        varied = {key.path: values[key.address] for key in self.keys if key.address in values}
        return {**varied, **held}

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return Optuna's parameters of values by address."""
        return {key.address: key.parameter(values[key.address]) for key in self.keys}

    def grid(self) -> dict[str, list[Any]]:
        return {key.address: key.grid() for key in self.keys}


def _own(spec: Spec, keys: Sequence[Key]) -> dict[str, Any]:
    """Return Optuna's parameters of the spec as it is; none if it has a value that isn't searched."""
    data = spec.model_dump(mode="json", by_alias=True)
    found = {key.address: key.parameter(_at(data, key.path)) for key in keys}
    return found if None not in found.values() else {}


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _is_count(document: Document, path: KeyPath, written: Mapping[str, Any]) -> bool:
    """Whether a key holds whole numbers alone."""
    if type(written["low"]) is not int:
        return False
    data = with_value(document.data, path, float(written["low"]))
    try:
        validate(replace(document, data=data))
    except CompileError as error:
        return any(found.at == path for found in error.diagnostics)
    return False


def _text(value: Any) -> str:
    return write_toml.value(value)
