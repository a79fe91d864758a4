"""Turn tomli's syntax errors into diagnostics, in words for people who write specs."""

from __future__ import annotations

import re

import tomli

from snnc.diagnostics.codes import TOML_SYNTAX
from snnc.diagnostics.diagnostic import Diagnostic, Span

#: tomli's messages; for each ours, and a hint that says what to write.
_MESSAGES = {
    "Expected '=' after a key in a key/value pair": ("a key stands alone", "write key = value"),
    "Expected ']' at the end of a table declaration": ("the header isn't closed", "write ]"),
    "Expected ']]' at the end of an array declaration": ("the header isn't closed", "write ]]"),
    "Found invalid character '\\n'": ("the string isn't closed on its line", "write ' at its end"),
    "Illegal character '\\n'": ("the string isn't closed on its line", 'write " at its end'),
    "Invalid initial character for a key part": ("a key is missing here", ""),
    "Invalid statement": ("this is neither a key nor the header of a table", ""),
    "Unclosed array": ("the array isn't closed", "before this, a comma or a ] is missing"),
    "Unclosed inline table": ("the table isn't closed", "before this, a comma or a } is missing"),
    "Unescaped '\\' in a string": (
        "a backslash starts an escape, and this is none",
        "write / between folders, and two backslashes for one",
    ),
    "Unterminated string": (
        "the string isn't closed",
        "write the quotes that it starts with at its end",
    ),
}

#: Hints for values of other languages.
_ELSEWHERE = {
    "True": "write true",
    "False": "write false",
    "None": "leave the key out",
    "null": "leave the key out",
}


def syntax_error(error: tomli.TOMLDecodeError, text: str) -> Diagnostic:
    """Return the diagnostic of a syntax error in a text."""
    problem, rest = error.msg, text[error.pos :].partition("\n")[0]
    span = Span(error.lineno, error.colno)
    message, hint = _MESSAGES.get(problem, (problem[:1].lower() + problem[1:], ""))
    if problem == "Invalid value":
        word = re.match(r"[\w.+-]*", rest)
        assert word
        span = Span(error.lineno, error.colno, max(len(word[0]), 1))
        message = "this is no value" if rest else "a value is missing here"
        hint = _value(word[0])
    elif problem.startswith("Expected newline"):
        word = re.match(r"\S*", rest)
        assert word
        span = Span(error.lineno, error.colno, len(word[0]))
        message, hint = "this doesn't belong to the value before it", ""
    elif problem == 'Expected "\'"':
        # There is no other quote up to the end of the file.
        number, line = _statement(error, text)
        message, hint = _MESSAGES["Found invalid character '\\n'"]
        span = Span(number, len(line) + 1)
    elif problem.startswith("Unescaped"):
        span = Span(error.lineno, max(error.colno - 2, 1), 2)
    elif problem.startswith("Duplicate inline table key"):
        message = f"{problem.rpartition(' ')[2]} stands twice in this table"
    elif problem.startswith(
        ("Cannot declare", "Cannot overwrite", "Cannot redefine", "Cannot mutate")
    ):
        return _twice(error, text)
    return Diagnostic(TOML_SYNTAX, message, span=span, hint=hint)


def _value(word: str) -> str:
    """Return a hint for a word that isn't a TOML value."""
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    if re.fullmatch(r"\.\d+", word):
        return f"write 0{word}"
    return f'write "{word}"' if re.fullmatch(r"[A-Za-z]\w*", word) else ""


def _twice(error: tomli.TOMLDecodeError, text: str) -> Diagnostic:
    """Return the diagnostic of a key or a table that stands in the text twice."""
    number, line = _statement(error, text)
    statement = re.match(r"(\s*)(\[+[^\]]*\]+|[^=]+?)\s*(=|#|$)", line)
    assert statement, line
    name = statement[2]
    is_table = name.startswith("[")
    return Diagnostic(
        TOML_SYNTAX,
        f"{name} is there already" if is_table else f"'{name}' has a value already",
        span=Span(number, len(statement[1]) + 1, len(name)),
        hint="each table is opened once" if is_table else "each key is written once",
    )


def _statement(error: tomli.TOMLDecodeError, text: str) -> tuple[int, str]:
    """Return the number and the text of the line on which a wrong statement starts; tomli gives the line where it ends."""
    lines = text.split("\n")
    number = error.lineno
    while not _is_toml("\n".join(lines[: number - 1])):
        number -= 1
    return number, lines[number - 1]


def _is_toml(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True
