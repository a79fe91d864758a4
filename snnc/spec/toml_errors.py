"""Turn tomli's syntax errors into diagnostics, in words for people who write specs."""

from __future__ import annotations

import re

import tomli

from snnc.diagnostics.codes import TOML_SYNTAX
from snnc.diagnostics.diagnostic import Diagnostic, Span
from snnc.spec.toml_repairs import repair

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

#: How tomli's messages start on what stands in a text twice.
_TWICE = ("Cannot declare", "Cannot overwrite", "Cannot redefine", "Cannot mutate")
#: How files of other languages start.
_LANGUAGES = {r"[{<]": "JSON or XML", r"(import|from|def|class)\s|#!": "Python"}


def syntax_error(error: tomli.TOMLDecodeError, text: str) -> Diagnostic:
    """Return the diagnostic of a syntax error in a text."""
    problem, rest = error.msg, text[error.pos :].partition("\n")[0]
    if other := _other_language(text):
        return other
    if problem.startswith(_TWICE):
        return _twice(error, text)
    if repaired := _repaired(error, text):
        return repaired
    span = Span(error.lineno, error.colno)
    message, hint = _MESSAGES.get(problem, (problem[:1].lower() + problem[1:], ""))
    if problem == "Invalid value":
        word = re.match(r"[\w.+-]*", rest)
        assert word
        span = Span(error.lineno, error.colno, max(len(word[0]), 1))
        message = "this is no value" if rest else "a value is missing here"
        hint = ""
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
    return Diagnostic(TOML_SYNTAX, message, span=span, hint=hint)


def _repaired(error: tomli.TOMLDecodeError, text: str) -> Diagnostic | None:
    """Return the diagnostic of a line for which there is a repair: it marks what the hint replaces."""
    lines = text.split("\n")
    for number in dict.fromkeys((error.lineno, _statement(error, text)[0])):
        if found := repair(lines, number - 1, error):
            span = Span(number, found.start + 1, max(found.end - found.start, 1))
            return Diagnostic(TOML_SYNTAX, found.message, span=span, hint=found.hint)
    return None


def _other_language(text: str) -> Diagnostic | None:
    """Return the diagnostic of a file that is no spec at all."""
    first = text.lstrip()
    for start, language in _LANGUAGES.items():
        if re.match(start, first) and not re.match(r"[{<][\w ]+[}>]\s*\n", first):
            message = f"this is {language}, and no TOML"
            hint = "snnc new NAME writes a spec to start from"
            return Diagnostic(TOML_SYNTAX, message, span=Span(1, 1), hint=hint)
    return None


def _twice(error: tomli.TOMLDecodeError, text: str) -> Diagnostic:
    """Return the diagnostic of a key or a table that stands in the text twice."""
    number, line = _statement(error, text)
    statement = re.match(r"(\s*)(\[+[^\]]*\]+|[^=]+?)\s*(=|#|$)", line)
    assert statement, line
    name = statement[2]
    if name.startswith("["):
        return _table_twice(number, len(statement[1]), name, text)
    length = len(line.rstrip()) - len(statement[1])
    return Diagnostic(
        TOML_SYNTAX,
        f"'{name}' has a value already",
        span=Span(number, len(statement[1]) + 1, length),
        hint="leave it out: each key is written once",
    )


def _table_twice(number: int, start: int, name: str, text: str) -> Diagnostic:
    """Return the diagnostic of a header that stands in a text twice; of an array, both times in double brackets."""
    key, lines = name.strip("[]"), text.split("\n")
    headers = {n: line.strip() for n, line in enumerate(lines[:number], 1) if _is_header(line, key)}
    first = min(headers, default=number)
    double = f"[[{key}]]"
    single = next((n for n, header in headers.items() if not header.startswith("[[")), None)
    if single and any(header.startswith("[[") for header in headers.values()):
        column, length = lines[single - 1].index("[") + 1, len(key) + 2
        message = f"{double} is in double brackets each time"
        return Diagnostic(
            TOML_SYNTAX, message, span=Span(single, column, length), hint=f"write {double}"
        )
    return Diagnostic(
        TOML_SYNTAX,
        f"{name} is there already",
        span=Span(number, start + 1, len(name)),
        hint=f"leave it out, and write its keys below line {first}: each table is opened once",
    )


def _is_header(line: str, key: str) -> bool:
    return re.match(rf"\s*\[+\s*{re.escape(key)}\s*\]+", line) is not None


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
