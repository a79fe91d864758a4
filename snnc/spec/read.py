"""Read a file, a TOML text or Python data into a Document: the data, and the text that diagnostics point into."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path, PurePath
from typing import Any

import tomli

from snnc.diagnostics.codes import TOML_SYNTAX
from snnc.diagnostics.diagnostic import Diagnostic, Span
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, cannot
from snnc.spec import write_toml


def read(path: Path) -> Document:
    """Read a spec. Raises a CompileError if the file isn't TOML."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise cannot("read", path, error) from error
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> Document:
    """Parse the bytes of a spec. `path` appears in messages, and isn't opened."""
    raw = raw.removeprefix(BOM_UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        text = raw.decode("utf-8", "replace")
        message = f"the file is not UTF-8: byte 0x{raw[error.start]:02x}"
        raise _syntax_error(path, text, message, Span(line, column)) from error
    try:
        return Document(path, text, tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        from snnc.spec.toml_errors import syntax_error  # most texts are TOML

        raise CompileError(Document(path, text, {}), [syntax_error(error, text)]) from error
    except RecursionError as error:
        message = "tables or arrays are nested too deeply"
        raise _syntax_error(path, text, message, Span(1, 1)) from error
    except ValueError as error:  # Python's limit of 4300 digits
        raise _syntax_error(path, text, "a number has too many digits", Span(1, 1)) from error


def from_data(data: Mapping[str, Any], path: Path) -> Document:
    """Return data as a document, with the same data as TOML text. `path` appears in messages, and isn't opened.

    Converts mappings, arrays, paths and numbers of any class to the plain types of TOML.
    """
    plain = {str(name): _plain(value) for name, value in data.items()}
    return Document(path, write_toml.text(plain), plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # NumPy's arrays, numbers and booleans
        return _plain(value.tolist())
    return value.as_posix() if isinstance(value, PurePath) else _plain_number(value)


def _plain_number(value: Any) -> Any:
    """Return an integer or a real number of any class as an int or a float; other values as they are."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def _syntax_error(path: Path, text: str, message: str, span: Span) -> CompileError:
    diagnostic = Diagnostic(TOML_SYNTAX, message, span=span)
    return CompileError(Document(path, text, {}), [diagnostic])
