"""Values as people write them who come from other languages, as TOML has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import tomli

from snnc.diagnostics.wording import number

#: What a unit multiplies by, and what a spec has instead of it.
_UNITS = {
    "s": (1.0, "times are in seconds"),
    "sec": (1.0, "times are in seconds"),
    "ms": (1e-3, "times are in seconds"),
    "msec": (1e-3, "times are in seconds"),
    "us": (1e-6, "times are in seconds"),
    "hz": (1.0, "rates are in Hz"),
    "khz": (1e3, "rates are in Hz"),
    "%": (1e-2, "it is a share"),
}
_WORDS = {
    **dict.fromkeys(("true", "yes", "on"), "true"),
    **dict.fromkeys(("false", "no", "off"), "false"),
}
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_QUOTED = r"\"[^\"]*\"|'[^']*'"
#: A key of an inline table with its value, up to the next one or to the end.
_PAIR = (
    rf"([\w-]+|\"[^\"]+\")\s*[=:]\s*({_QUOTED}|\[[^\]]*\]|.+?)\s*(?=[,;]?\s*(?:[\w\"-]+\s*[=:]|$))"
)


def is_value(text: str) -> bool:
    """Whether a text is one value of TOML."""
    try:
        tomli.loads(f"x = {text}")
    except tomli.TOMLDecodeError:
        return False
    return "\n" not in text and "#" not in text


def without_unit(text: str) -> tuple[str, str] | None:
    """Return a number without its unit, and what the number is in a spec, or None if a text is nothing like it."""
    found = re.fullmatch(rf"({_NUMBER})\s*([a-zA-Z%]+)", text)
    factor, why = _UNITS.get(found[2].lower() if found else "", (0.0, ""))
    if not found or not factor:
        return None
    value = float(f"{float(found[1]) * factor:.12g}")
    whole = factor == 1 and "." not in found[1]
    return (found[1] if whole else number(value)), why


def as_value(text: str) -> str:
    """Return the value that a text means, or "" if that can't be told."""
    if is_value(text):
        return text
    for way in _WAYS:
        if (value := way(text)) and is_value(value):
            return value
    return ""


def _word(text: str) -> str:
    return _WORDS.get(text.lower(), "")


def _number(text: str) -> str:
    """Return a number that is written as it is elsewhere."""
    for pattern, replacement in (
        (r"([+-]?)(0,\d+|\d+,(?!\d{3}(?!\d))\d+)", lambda m: m[0].replace(",", ".")),
        (r"[1-9]\d{0,2}([ ,_']\d{3})+", lambda m: re.sub(r"\D", "", m[0])),
        (r"0+(\d+(\.\d+)?)", lambda m: m[1]),
        (r"([+-]?\d+)\.", lambda m: f"{m[1]}.0"),
        (r"([+-]?)(\.\d+)", lambda m: f"{m[1]}0{m[2]}"),
        (r"e[+-]?\d+", lambda m: f"1{m[0]}"),
    ):
        if found := re.fullmatch(pattern, text):
            return replacement(found)
    united = without_unit(text)
    return united[0] if united else ""


def _computed(text: str) -> str:
    """Return what two numbers with a sign between them come to."""
    found = re.fullmatch(rf"({_NUMBER})\s*(\*\*|[*/^])\s*({_NUMBER})", text)
    if not found:
        return ""
    a, b = float(found[1]), float(found[3])
    try:
        value = a * b if found[2] == "*" else a / b if found[2] == "/" else float(a**b)
    except (ArithmeticError, TypeError):
        return ""
    whole = value.is_integer() and abs(value) < 1e9
    return str(int(value)) if whole and "e" not in text and "." not in text else number(value)


def _array(text: str) -> str:
    """Return an array whose brackets, commas or quotes are others', or missing."""
    inner = re.fullmatch(r"\[(.*?)\]?|\((.*?)\)?", text)
    if inner is None and not re.fullmatch(rf"{_NUMBER}(,\s+{_NUMBER})+", text):
        return ""
    items = re.findall(
        rf"{_QUOTED}|[^\s,;\[\]()][^,;\[\]()]*", (inner[1] or inner[2] or "") if inner else text
    )
    return f"[{', '.join(as_value(item.strip()) or '?' for item in items)}]"


def _table(text: str) -> str:
    """Return an inline table whose braces, commas or = are others', or missing."""
    found = re.fullmatch(r"\{(.*?)\}?", text)
    pairs = re.findall(_PAIR, found[1].strip()) if found else []
    written = [f"{key.strip(chr(34))} = {as_value(value) or '?'}" for key, value in pairs]
    return f"{{ {', '.join(written)} }}" if written else ""


def _quotes(text: str) -> str:
    """Return a text whose quotes are others', don't fit together, or have a letter in front of them."""
    plain = re.sub(r"^[rbfuRBFU]{1,2}(?=[\"'])", "", text)
    if is_value(plain):
        return plain
    if plain[:1] not in "\"'`" and plain[-1:] not in "\"'`":
        return ""
    inner = plain.strip("\"'`")
    return json.dumps(inner.replace("\\", "/"), ensure_ascii=False) if _no_quotes(inner) else ""


def _bare(text: str) -> str:
    """Return a text that stands without quotes."""
    is_text = re.fullmatch(r"[^\W\d][\w./\\:+ -]*|\.{0,2}[\\/][\w./\\ -]+", text)
    if not is_text or "//" in text or "--" in text:
        return ""
    return json.dumps(text.replace("\\", "/"), ensure_ascii=False)


def _no_quotes(text: str) -> bool:
    return not set(text) & set("\"'`=#")


_WAYS: tuple[Callable[[str], str], ...] = (
    _word,
    _number,
    _computed,
    _array,
    _table,
    _quotes,
    _bare,
)
