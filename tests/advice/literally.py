"""Someone who does to the letter what a report says: in the text of a spec, in its tables, and in the files beside it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import tomli

import snnc
from snnc.cli import main
from snnc.commands.common import look_at_data
from snnc.diagnostics.codes import DATA_VALUES
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.spec.read import parse
from tests import following
from tests.advice.files import mended
from tests.advice.sound import Mistake
from tests.following import Tables

#: Nobody follows more advice than this.
MOST_STEPS = 15


@dataclass(frozen=True)
class State:
    """What is there: a spec, as text as long as it can't be read, and the files beside it."""

    text: str
    tables: Tables | None
    files: Mapping[str, bytes]

    @property
    def key(self) -> str:
        return repr((self.text if self.tables is None else self.tables, self.files))


@dataclass(frozen=True)
class End:
    """What following advice comes to, step by step, and the spec that it ends with."""

    state: State
    steps: tuple[str, ...]
    #: "nothing reported", "no errors", "circle", "no way" or "too long".
    end: str
    left: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        return self.end in ("nothing reported", "no errors")


def start(mistake: Mistake) -> State:
    return read(State(mistake.spec, None, dict(mistake.files)))


def read(state: State) -> State:
    """Return a state with the tables of its text, if that can be read."""
    try:
        return replace(state, tables=tomli.loads(state.text))
    except tomli.TOMLDecodeError:
        return state


@contextmanager
def beside(files: Mapping[str, bytes]) -> Iterator[None]:
    """Write files into a folder, and work there."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, content in files.items():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_bytes(content)
            yield
        finally:
            os.chdir(before)


def found(state: State) -> tuple[Diagnostic, ...]:
    """Return all that `snnc check --data` reports."""
    with beside(state.files), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if state.tables is None:
            try:
                parse(state.text.encode(), Path("spec.toml"))
            except CompileError as error:
                return error.diagnostics
        said = tuple(snnc.check(state.tables or {}))
        if any(d.severity == "error" or d.code == "missing-file" for d in said):
            return said
        try:
            return (*said, *look_at_data(snnc.load(state.tables or {})).warnings)
        except CompileError as error:
            return (*said, *error.diagnostics)
        except Refusal as error:
            hint = str(error).rpartition(": ")[2]
            return (*said, Diagnostic(DATA_VALUES, str(error), ("data", "kind"), hint=hint))


def walk(mistake: Mistake) -> End:
    """Follow one piece of advice after the other, errors first, until there is none."""
    state, seen = start(mistake), set[str]()
    steps: list[str] = []
    while diagnostics := found(state):
        left = tuple(f"{d.code}: {d.message} | {d.hint}" for d in diagnostics)
        if state.key in seen:
            return End(state, tuple(steps), "circle", left)
        seen.add(state.key)
        way = next(_ways(state, diagnostics), None)
        if way is None or len(steps) == MOST_STEPS:
            sound = not any(d.severity == "error" or d.code == "missing-file" for d in diagnostics)
            ends = "too long" if way else "no way"
            return End(state, tuple(steps), "no errors" if sound and not way else ends, left)
        steps.append(way[0])
        state = way[1]
    return End(state, tuple(steps), "nothing reported")


def _ways(state: State, diagnostics: tuple[Diagnostic, ...]) -> Iterator[tuple[str, State]]:
    """Yield what can be done, in the order in which it is reported, errors first."""
    for diagnostic in sorted(diagnostics, key=lambda d: d.severity != "error"):
        for option in filter(None, following.options(diagnostic.hint)):
            if (better := _followed(state, diagnostic, option)) is not None:
                yield option, better


def _followed(state: State, diagnostic: Diagnostic, option: str) -> State | None:
    if option.startswith("snnc new NAME"):
        return read(State(_from_new(), None, state.files))
    if state.tables is None:
        return _rewritten(state, diagnostic, option)
    case = following.Case(state.tables).changed()
    if _table_written(case.tables, diagnostic, option) or _split_written(case.tables, option):
        return replace(state, tables=case.tables)
    if mended_files := mended(state.files, case.tables, diagnostic, option):
        return replace(state, tables=case.tables, files=mended_files)
    try:
        better = following.follow(following.Case(case.tables), diagnostic, option)
    except (AssertionError, KeyError, IndexError, TypeError, AttributeError):
        return None
    return replace(state, tables=better.tables) if better else None


def _split_written(tables: Tables, option: str) -> bool:
    """Follow an option that names arrays in place of all that the spec names; return whether it is one."""
    written = re.fullmatch(r"write (.*) in place of the others", option)
    if not written:
        return False
    data = tables["data"]
    for key in ("x", "y", "x_train", "y_train", "x_test", "y_test"):
        data.pop(key, None)
    data.update({key: value for key, value, _ in following.assignments(written[1])})
    return True


def _table_written(tables: Tables, diagnostic: Diagnostic, option: str) -> bool:
    """Follow an option that is about a whole table, or about a place above all tables; return whether it is."""
    if written := re.match(r"write (\[+)(\w+)\]+, and below it (.*)", option):
        table = {key: value for key, value, _ in following.assignments(written[3])}
        tables[written[2]] = [table] if written[1] == "[[" else table
    elif written := re.match(r"write \[(\w+)\], in single brackets", option):
        tables[written[1]] = {k: v for part in tables[written[1]] for k, v in part.items()}
    elif option.startswith("write [[layers]], in double brackets"):
        tables["layers"] = [tables["layers"]]
    elif option.startswith("write it above all tables"):
        *table, key = diagnostic.at
        tables[str(key)] = following.place(tables, table).pop(key)
    else:
        return False
    return True


def _from_new() -> str:
    with beside({}), contextlib.redirect_stdout(io.StringIO()):
        main(["new", "flowers"])
        return Path("flowers.toml").read_text(encoding="utf-8")


def _rewritten(state: State, diagnostic: Diagnostic, option: str) -> State | None:
    """Return a state in whose text what a diagnostic marks is replaced, if it can be read further then."""
    if diagnostic.span is None:
        return None
    line, column, length = diagnostic.span
    lines = state.text.split("\n")
    if found := re.match(r"leave it out, and write its keys below line (\d+)", option):
        return read(replace(state, text=_moved(lines, line, int(found[1]))))
    old, ways = lines[line - 1], []
    for instead in _replacements(option):
        for taken in (length, 0):
            line_then = old[: column - 1] + instead + old[column - 1 + taken :]
            kept = [line_then] if line_then.strip() or instead else []
            ways.append("\n".join([*lines[: line - 1], *kept, *lines[line:]]))
    best = min(ways, key=_unread, default=state.text)
    return read(replace(state, text=best)) if _unread(best) < _unread(state.text) else None


def _replacements(option: str) -> list[str]:
    """Return what a hint may mean by the text to write: all of it, or without the reason behind a colon."""
    if option.startswith(("leave it out", "remove it")):
        return [""]
    if option.startswith("write a space"):
        return [" "]
    if found := re.match(r"write it on a line of its own: (.*)", option):
        return ["\n" + found[1]]
    if not option.startswith("write "):
        return []
    text = re.sub(r" at its end$", "", option.removeprefix("write "))
    return [text, text.rpartition(": ")[0]] if ": " in text else [text]


def _moved(lines: list[str], header: int, to: int) -> str:
    """Return a text in which the keys below a header stand below another one."""
    end = next((n for n in range(header, len(lines)) if lines[n].startswith("[")), len(lines))
    keys = [line for line in lines[header:end] if line.strip()]
    return "\n".join([*lines[:to], *keys, *lines[to : header - 1], *lines[end:]])


def _unread(text: str) -> int:
    """Return how much of a text TOML's parser leaves unread."""
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        return len(text) - error.pos + 1
    return 0
