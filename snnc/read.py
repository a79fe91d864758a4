"""TOML text to a Document: the data, and the text to point into."""

from __future__ import annotations

from pathlib import Path

import tomli

from snnc.diagnostics import CompileError, Diagnostic, Span, cannot
from snnc.document import Document


def read(path: Path) -> Document:
    """Read a spec; a file that is no TOML is a CompileError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise cannot("read", path, error) from error
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> Document:
    """Parse the bytes of a spec; `path` is only named, not opened."""
    try:
        text = raw.decode("utf-8-sig")
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
        # Only a file that is no TOML pays for its words.
        from snnc.syntax import syntax_error

        raise CompileError(Document(path, text, {}), [syntax_error(error, text)]) from error
    except RecursionError as error:
        message = "tables or arrays are nested too deeply"
        raise _syntax_error(path, text, message, Span(1, 1)) from error
    except ValueError as error:  # Python's limit of 4300 digits
        raise _syntax_error(path, text, "a number has too many digits", Span(1, 1)) from error


def _syntax_error(path: Path, text: str, message: str, span: Span) -> CompileError:
    diagnostic = Diagnostic("toml-syntax", message, span=span)
    return CompileError(Document(path, text, {}), [diagnostic])
