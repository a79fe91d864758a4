"""What can't be searched: addresses that aren't there, values that a key can't have, and whatever would touch test items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import floor
from typing import Any

from snnc.diagnostics.codes import (
    CONFLICTING_KEYS,
    DUPLICATE_VALUE,
    STUDY_ADDRESS,
    STUDY_RANGE,
    STUDY_TEST_ITEMS,
    UNKNOWN_KEY,
    WRONG_TYPE,
)
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.diagnostics.wording import near, number, shown
from snnc.program.addresses import addresses, key_path
from snnc.program.lower import layer_names
from snnc.spec.changes import with_value
from snnc.spec.study import Range, Study
from snnc.spec.tables import Spec
from snnc.spec.validate import validate

VARY: KeyPath = ("study", "vary")
#: Keys that decide which items there are, and which of them are test items.
OF_ITEMS: tuple[KeyPath, ...] = (
    *(("data",), ("input",), ("network", "seed")),
    *(("output", "classes"), ("output", "labels"), ("train", "validation_fraction")),
)
#: Of those tables, what decides neither.
NOT_OF_ITEMS: KeyPath = ("data", "scale")
#: Keys that decide nothing that a trial measures.
OF_NOTHING: tuple[KeyPath, ...] = (
    *(("snnc",), ("targets",), ("network", "name"), ("scripts",), ("loihi",), ("study",)),
    ("allow",),
)
#: What only the emulator counts.
COUNTED = "energy"
#: What only a network on the chip has.
OF_THE_CHIP = ("cores", COUNTED)


@dataclass(frozen=True)
class Varied:
    """A key that varies: its address, its path in the spec, and what was written for it."""

    address: str
    path: KeyPath
    written: Any

    @property
    def at(self) -> KeyPath:
        return (*VARY, self.address)

    @property
    def values(self) -> Iterator[tuple[KeyPath, Any]]:
        """The values that are written, each with its place."""
        if isinstance(self.written, list):
            yield from (((*self.at, i), value) for i, value in enumerate(self.written))
        else:
            yield from (((*self.at, end), self.written[end]) for end in ("low", "high"))


def wrong_study(document: Document) -> Iterator[Diagnostic]:
    """Yield what is wrong with the study of a spec that has one, and no error in a table or a type."""
    spec = validate(document)
    assert spec.study is not None
    yield from _wrong_settings(spec, spec.study)
    names = layer_names(spec.layers)
    found = list(_varied(document.data["study"]["vary"], names))
    yield from (each for each in found if isinstance(each, Diagnostic))
    varied = [each for each in found if isinstance(each, Varied)]
    for one in varied:
        yield from _within_another(one, varied)
        variation = spec.study.vary[one.address]
        if isinstance(variation, Range):
            yield from _wrong_range(one, variation, spec.study)
        else:
            yield from _wrong_choices(one)
    apart = [one for one in varied if not any(_within_another(one, varied))]
    yield from _wrong_values(document, apart, names)


def _wrong_settings(spec: Spec, study: Study) -> Iterator[Diagnostic]:
    if study.pruner != "none" and study.objectives != ("accuracy",):
        message = (
            f"'{study.pruner}' compares trainings by accuracy, and this study has other objectives"
        )
        yield Diagnostic(
            CONFLICTING_KEYS, message, ("study", "pruner"), hint='write pruner = "none"'
        )
    on_chip = "loihi" in spec.targets
    if study.on not in (None, "nengo") and not on_chip:
        message = f"'{study.on}' runs what is for the chip, and targets doesn't name it"
        hint = 'write on = "nengo"'
        yield Diagnostic(CONFLICTING_KEYS, message, ("study", "on"), hint=hint)
    for index, objective in enumerate(study.objectives):
        at = ("study", "objectives", index)
        if objective in OF_THE_CHIP and not on_chip:
            message = f"'{objective}' is of the chip, and targets doesn't name it"
            yield Diagnostic(CONFLICTING_KEYS, message, at, hint="leave it out")
        elif objective == COUNTED and study.on not in (None, "emulator"):
            message = f"what '{objective}' is counted from is known on the emulator alone"
            yield Diagnostic(CONFLICTING_KEYS, message, at, hint='write on = "emulator"')


def _varied(vary: Mapping[str, Any], names: Sequence[str]) -> Iterator[Varied | Diagnostic]:
    """Yield each key that varies, or why it can't."""
    for address, written in vary.items():
        path, at = key_path(address, names), (*VARY, address)
        if path is None:
            named = address.split(".")[1:2]
            message = (
                f"there is no layer '{named[0]}'" if named else "all layers don't vary at once"
            )
            whole = [".".join(("layers", name, *address.split(".")[2:])) for name in names]
            yield Diagnostic(STUDY_ADDRESS, message, at, "key", near(address, whole))
        elif _within(path, OF_ITEMS) and path != NOT_OF_ITEMS:
            message = f"'{address}' decides which items there are, and which are test items: a study never touches those"
            yield Diagnostic(STUDY_TEST_ITEMS, message, at, "key", "leave it out")
        elif _within(path, OF_NOTHING):
            message = f"'{address}' changes nothing that a trial measures"
            yield Diagnostic(STUDY_ADDRESS, message, at, "key", "leave it out")
        else:
            yield Varied(address, path, written)


def _within(path: KeyPath, tables: Sequence[KeyPath]) -> bool:
    return any(path[: len(table)] == table for table in tables)


def _within_another(one: Varied, varied: Sequence[Varied]) -> Iterator[Diagnostic]:
    for other in varied:
        if other is not one and one.path[: len(other.path)] == other.path:
            message = f"'{one.address}' stands in '{other.address}', which varies as a whole"
            hint = f"leave it out, or leave '{other.address}' out"
            yield Diagnostic(STUDY_ADDRESS, message, one.at, "key", hint)


def _wrong_range(one: Varied, limits: Range, study: Study) -> Iterator[Diagnostic]:
    low, high, step = (one.written.get(key) for key in ("low", "high", "step"))
    whole = type(low) is int and type(high) is int
    if low >= high:
        message = f"no two values lie from {number(low)} to {number(high)}"
        turned = f"write low = {number(high)} and high = {number(low)}"
        hint = turned if low > high else f"write high = {number(2 * abs(low) or 1)}, say"
        yield Diagnostic(STUDY_RANGE, message, (*one.at, "high"), hint=hint)
    elif limits.log:
        yield from _wrong_ratios(one, low, 1 if whole else high / 1000)
    elif step is not None:
        yield from _wrong_step(one, low, high, step)
    elif study.sampler == "grid" and not whole:
        message = "a grid has so many values, and not all between two"
        hint = f"write step = {_short((high - low) / 4)}, say"
        yield Diagnostic(STUDY_RANGE, message, one.at, "key", hint)


def _wrong_ratios(one: Varied, low: float, least: float) -> Iterator[Diagnostic]:
    if low <= 0:
        message = f"equal ratios begin above 0, not at {number(low)}"
        hint = f"write low = {_short(least)}, say" if least > 0 else "leave log out"
        yield Diagnostic(STUDY_RANGE, message, (*one.at, "low"), hint=hint)
    if "step" in one.written:
        message = "values that are equal ratios apart have no step"
        yield Diagnostic(STUDY_RANGE, message, (*one.at, "step"), "key", "leave it out")


def _wrong_step(one: Varied, low: float, high: float, step: float) -> Iterator[Diagnostic]:
    steps = (high - low) / step
    if abs(steps - round(steps)) > 1e-9 * max(steps, 1):
        message = f"{number(high)} isn't {number(low)} and a number of steps of {number(step)}"
        last = low + floor(steps) * step
        hint = (
            f"write high = {_short(last)}" if last > low else f"write step = {_short(high - low)}"
        )
        yield Diagnostic(STUDY_RANGE, message, (*one.at, "step"), hint=hint)


def _short(value: float) -> str:
    return number(float(f"{value:.10g}") if isinstance(value, float) else value)


def _wrong_choices(one: Varied) -> Iterator[Diagnostic]:
    if len(one.written) < 2:
        message = f"'{one.address}' has no two values to choose from"
        beside = ", or write another value beside it" if one.written else ""
        yield Diagnostic(STUDY_RANGE, message, one.at, hint=f"leave it out{beside}")
    for index, value in enumerate(one.written):
        if any(value == other and type(value) is type(other) for other in one.written[:index]):
            message = f"{shown(value)} stands here twice"
            yield Diagnostic(DUPLICATE_VALUE, message, (*one.at, index), hint="leave it out")


def _wrong_values(
    document: Document, varied: Sequence[Varied], names: Sequence[str]
) -> Iterator[Diagnostic]:
    """Yield the errors of specs with each of the values; the other keys that vary have their first ones."""
    firsts = [(one.path, next(iter(one.values), (one.at, None))[1]) for one in varied]
    first = reduce(lambda data, pair: with_value(data, *pair), firsts, document.data)
    for one in varied:
        for at, value in one.values:
            for found in _errors(document, with_value(first, one.path, value)):
                if _alike(found.at, one.path):
                    yield _placed(found, one, at, names)
    for found in _errors(document, first):
        if not any(_alike(found.at, one.path) for one in varied):
            owner = max(varied, key=lambda one: _in_common(found.at, one.path))
            table = ".".join(map(str, found.at[:-1]))
            hint = f"{found.hint.removesuffix(', say')} in [{table}]" if found.hint else ""
            yield found._replace(at=owner.at, on="key", hint=hint)
    for one in varied:
        yield from _float_steps(document, first, one)


def _float_steps(document: Document, first: Mapping[str, Any], one: Varied) -> Iterator[Diagnostic]:
    """Yield the error of a step with a point between values that are counts."""
    step = one.written.get("step") if isinstance(one.written, dict) else None
    if isinstance(step, float) and type(one.written["low"]) is int:
        other = with_value(first, one.path, one.written["low"] + 0.5)
        if any(found.code == WRONG_TYPE for found in _errors(document, other)):
            message = f"'step' is an integer, as '{one.address}' is a number of things"
            hint = f"write step = {max(round(step), 1)}"
            yield Diagnostic(WRONG_TYPE, message, (*one.at, "step"), hint=hint)


def _errors(document: Document, data: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    others = {key: value for key, value in data.items() if key != "study"}
    try:
        validate(replace(document, data=others))
    except CompileError as error:
        return error.diagnostics
    return ()


def _alike(found: KeyPath, path: KeyPath) -> bool:
    """Whether one of two paths leads to the other."""
    shorter = min(len(found), len(path))
    return found[:shorter] == path[:shorter]


def _in_common(found: KeyPath, path: KeyPath) -> int:
    same = (a == b for a, b in zip(found, path, strict=False))
    return next((n for n, equal in enumerate(same) if not equal), min(len(found), len(path)))


def _placed(found: Diagnostic, one: Varied, at: KeyPath, names: Sequence[str]) -> Diagnostic:
    """Return an error of a spec where the study brings it about."""
    unknown = found.code == UNKNOWN_KEY and len(found.at) <= len(one.path)
    # A number, say, has no keys.
    below_value = found.code == WRONG_TYPE and len(found.at) < len(one.path)
    if not unknown and not below_value:
        return found._replace(at=at, on="value")
    known = _known(names)
    if one.address in known:  # of another kind
        return found._replace(at=one.at, on="key")
    hint = near(one.address, known) or found.hint
    return Diagnostic(STUDY_ADDRESS, f"there is no '{one.address}' in a spec", one.at, "key", hint)


def _known(names: Sequence[str]) -> list[str]:
    """Return the addresses of all keys that may vary."""
    from snnc.spec.explained import paths  # for errors alone
    from snnc.spec.json_schema import schema

    every = [path for path in paths(schema(())) if not _within(path, (*OF_ITEMS, *OF_NOTHING))]
    return list(addresses(every, names))
