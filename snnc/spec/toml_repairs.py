"""Lines that aren't TOML, and what to write instead of the part of them that is to blame.

Each way to repair a line is tried, and taken if TOML's parser then comes further.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import tomli

from snnc.spec.toml_values import as_value, is_value, without_unit

#: Characters of print, and what a keyboard has instead.
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b\u2033\u02bc"
_DASHES = "\u2212\u2013\u2014\u2010\u2011"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_PRINT = str.maketrans(
    {**dict.fromkeys(_QUOTES, '"'), **dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_INVISIBLE, "")}
)
#: How comments start elsewhere, and how they end.
_COMMENT = r"//|/\*|--|;|%|<!--|\"\"\"|'''"
_END_OF_COMMENT = r"\s*(\*/|-->|\"\"\"|''')?\s*$"
_TABLES = (
    *("network", "data", "input", "presentation", "neurons", "synapses"),
    *("layers", "output", "train", "loihi", "scripts", "allow"),
)
#: Nobody writes longer lines by hand.
LONGEST = 1000
_OF_A_MERGE = ("<<<<<<<", "=======", ">>>>>>>")


class Repair(NamedTuple):
    """What is wrong from one column of a line to another, from 0, and what to write there; "" if nothing belongs there."""

    start: int
    end: int
    write: str
    message: str
    why: str = ""

    @property
    def hint(self) -> str:
        what = f"write {self.write}" if self.write else "leave it out"
        if self.write.isspace():
            what = "write a space"
        elif self.write.startswith("\n"):
            what = f"write it on a line of its own: {self.write.strip()}"
        return f"{what}: {self.why}" if self.why else what

    def of(self, line: str) -> str:
        return line[: self.start] + self.write + line[self.end :]


def repair(lines: Sequence[str], index: int, error: tomli.TOMLDecodeError) -> Repair | None:
    """Return the first repair of a line after which the parser gets beyond its error, or None."""
    line, after = lines[index], lines[index + 1 :]
    if len(line) > LONGEST:
        return None
    for found in _repairs(line.rstrip("\r"), after):
        text = "\n".join([*lines[:index], found.of(line), *after])
        if found.of(line) != line and _further(text, error):
            return found
    return None


def _further(text: str, before: tomli.TOMLDecodeError) -> bool:
    """Whether the parser gets further in a text than it did before."""
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        return (error.lineno, error.colno) > (before.lineno, before.colno)
    except (RecursionError, ValueError):
        return False
    return True


def _repairs(line: str, after: Sequence[str]) -> Iterator[Repair]:
    if found := _list_below(line, after):
        yield found
    for way in _LINES:
        if found := way(line):
            yield found
    divided = re.match(r"(\s*[\w.\"'-]+\s*=\s*)", line)
    if divided and line[divided.end() :].strip():
        for of_value in _VALUES:
            if found := of_value(line, divided.end()):
                yield found


def _print(line: str) -> Repair | None:
    """Repair characters that word processors write, and web pages."""
    odd = [i for i, c in enumerate(line) if ord(c) in _PRINT or (c.isspace() and not c.isascii())]
    if not odd:
        return None
    start, end = odd[0], odd[-1] + 1
    write = "".join(" " if c.isspace() else c for c in line[start:end].translate(_PRINT))
    if line[end:].strip() == "" or not line[:start].strip():
        write = write.strip()
    name = unicodedata.name(line[start], "such character").lower()
    return Repair(start, end, write, f"TOML has no {name} (U+{ord(line[start]):04X})")


def _comment(line: str) -> Repair | None:
    found = re.match(rf"(\s*)({_COMMENT})\s*(.*?){_END_OF_COMMENT}", line)
    if not found:
        return None
    return Repair(len(found[1]), len(line), f"# {found[3]}".rstrip(), "a comment starts with #")


def _foreign(line: str) -> Repair | None:
    """Repair lines of other tools."""
    start, plain = len(line) - len(line.lstrip()), line.strip()
    if plain.startswith(_OF_A_MERGE):
        return Repair(start, len(line), "", "git left this line when it merged")
    if plain.startswith("```"):
        return Repair(start, len(line), "", "this is Markdown, around the spec")
    found = re.fullmatch(r"-\s+(.*)", plain)
    if not found:
        return None
    pair = re.fullmatch(r"([\w-]+):\s*(\S.*)", found[1])
    write = f"{pair[1]} = {as_value(pair[2])}" if pair else ""
    why = "" if write else "an array stands behind its key, in [ ]"
    return Repair(start, len(line), write, "this is an item of YAML's", why)


def _header(line: str) -> Repair | None:
    found = re.fullmatch(r"(\s*)([\[{<(]*)\s*([A-Za-z_][\w.-]*)\s*([\]}>)]*)\s*([:;,=]?)\s*", line)
    if not found or not (found[2] or found[4] or found[3] in _TABLES):
        return None
    layers = found[3] == "layers" or len(found[2]) > 1
    write = f"[[{found[3]}]]" if layers else f"[{found[3]}]"
    return Repair(
        len(found[1]), len(line.rstrip()), write, f"the header of a table looks like {write}"
    )


def _equals(line: str) -> Repair | None:
    found = re.match(r"(\s*[\w.\"'-]+)\s*(:=|==|=>|->|<-|:)(?=\s*\S)", line)
    if not found:
        return None
    return Repair(found.start(2), found.end(2), "=", "a key and its value have = between them")


def _missing_equals(line: str) -> Repair | None:
    found = re.fullmatch(r"(\s*)([\w-]+)\s+([^=\s].*?)\s*", line)
    value = as_value(found[3]) if found and "=" not in found[3] else ""
    if not found or not value:
        return None
    write = f"{found[2]} = {value}"
    return Repair(
        len(found[1]), len(line.rstrip()), write, "a key and its value have = between them"
    )


def _spaced_key(line: str) -> Repair | None:
    found = re.match(r"(\s*)([A-Za-z]\w*(?:[ \t]+\w+)+)\s*=", line)
    if not found:
        return None
    write = re.sub(r"\s+", "_", found[2])
    return Repair(found.start(2), found.end(2), write, "a key has no spaces")


def _without_value(line: str) -> Repair | None:
    none = re.fullmatch(r"(\s*)([\w.\"'-]+)\s*=\s*(?i:None|null|nil|NULL)\s*[,;]?\s*", line)
    found = none or re.fullmatch(r"(\s*)([\w.\"'-]+)\s*=?\s*", line)
    if not found:
        return None
    message = "TOML has no such value" if none else f"'{found[2]}' has no value"
    return Repair(len(found[1]), len(line.rstrip()), "", message)


def _list_below(line: str, after: Sequence[str]) -> Repair | None:
    """Repair a key whose values stand below it, each behind a dash."""
    found = re.fullmatch(r"(\s*)([\w-]+)\s*[=:]\s*", line)
    items: list[str] = []
    for below in after:
        item = re.fullmatch(r"\s*-\s+(.*?)\s*", below)
        if not item or re.match(r"[\w-]+:\s", item[1]):
            break
        items.append(as_value(item[1]))
    if not found or not items or not all(items):
        return None
    write = f"{found[2]} = [{', '.join(items)}]"
    return Repair(
        len(found[1]), len(line.rstrip()), write, "an array stands behind its key, in [ ]"
    )


def _behind(line: str, start: int) -> Repair | None:
    """Repair a comma or a semicolon behind a value."""
    found = re.search(r"\s*[,;]+\s*$", line[start:])
    if found and _reads(line[start : start + found.start()]):
        at, message = (
            _first(line, start + found.start()),
            "nothing stands behind a value but a comment",
        )
        return Repair(at, len(line.rstrip()), "", message)
    return None


def _first(line: str, at: int) -> int:
    """Return where a line goes on behind spaces."""
    return at + len(line[at:]) - len(line[at:].lstrip())


def _comment_behind(line: str, start: int) -> Repair | None:
    for found in re.finditer(rf"\s*({_COMMENT})\s*(.*?){_END_OF_COMMENT}", line[start:]):
        if _reads(line[start : start + found.start()]):
            write = f"# {found[2]}"
            return Repair(start + found.start(1), len(line), write, "a comment starts with #")
    return None


def _two_on_a_line(line: str, start: int) -> Repair | None:
    for found in re.finditer(r"\s*[,;]?\s+(?=[\w-]+\s*=)", line[start:]):
        if _reads(line[start : start + found.start()]):
            at = _first(line, start + found.start())
            message = "a second key stands on this line"
            return Repair(at, len(line.rstrip()), "\n" + line[start + found.end() :], message)
    return None


def _whole_value(line: str, start: int) -> Repair | None:
    """Repair a value as a whole, without the comment behind it."""
    end = len(line.rstrip())
    quoted = re.search(r"\s+#[^\"']*$", line[start:])
    if quoted:
        end = start + quoted.start()
    text = line[start:end]
    united = without_unit(text)
    write = as_value(text)
    message = "this is no value of TOML's"
    return Repair(start, end, write, message, united[1] if united else "") if write else None


def _escaped(line: str, start: int) -> Repair | None:
    """Repair a path with backslashes."""
    found = re.match(r'"([^"]*\\[^"]*)"', line[start:])
    if not found:
        return None
    write = '"' + found[1].replace("\\\\", "/").replace("\\", "/") + '"'
    message = "a backslash starts an escape, and this is none"
    return Repair(start, start + found.end(), write, message)


def _reads(value: str) -> bool:
    """Whether a text is a value, or becomes one once it is repaired itself."""
    value = value.strip()
    return is_value(value) or (value[:1] not in "[{" and bool(as_value(value)))


_LINES: tuple[Callable[[str], Repair | None], ...] = (
    _print,
    _comment,
    _foreign,
    _header,
    _equals,
    _spaced_key,
    _missing_equals,
    _without_value,
)
_VALUES: tuple[Callable[[str, int], Repair | None], ...] = (
    _behind,
    _two_on_a_line,
    _escaped,
    _whole_value,
    _comment_behind,
)
