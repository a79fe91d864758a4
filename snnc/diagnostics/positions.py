"""The positions of keys and values in a TOML text.

tomli gives no positions, so the text is parsed a second time, by tree-sitter, which also copes with broken files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomli
import tree_sitter
import tree_sitter_toml

from snnc.diagnostics.diagnostic import Diagnostic, KeyPath, Span
from snnc.diagnostics.document import Document

#: Escapes of TOML 1.1, which tomli knows and tree-sitter doesn't; a backslash escaped comes first, so that it hides none.
_NEW_ESCAPE = re.compile(rb"\\\\|\\x[0-9A-Fa-f]{2}|\\e")


@dataclass(frozen=True, eq=False, repr=False)
class Positions:
    """The span of every key (for a table: of its header) and of every value."""

    keys: dict[KeyPath, Span] = field(default_factory=dict)
    values: dict[KeyPath, Span] = field(default_factory=dict)

    def nearest(self, path: KeyPath, on: str) -> Span | None:
        """Return the span of a path, or of the innermost table around it that was written."""
        if path not in self.keys and path[-1:] == ("kind",):
            path = path[:-1]  # a bare kind stands for its table
        for end in range(len(path), 0, -1):
            first, second = (self.keys, self.values)
            if on == "value" and end == len(path):
                first, second = second, first
            span = first.get(path[:end]) or second.get(path[:end])
            if span:
                return span
        return None

    def line_of(self, path: KeyPath) -> int | None:
        """Return the line on which a key was written, if it was."""
        span = self.keys.get(path) or self.values.get(path)
        return span.line if span else None


def placed(
    document: Document, diagnostics: Sequence[Diagnostic]
) -> list[tuple[Diagnostic, Span | None]]:
    """Return diagnostics in the order of their places, each with its place if it has one."""
    try:
        positions = locate(document.text)
    except RecursionError:  # thousands of tables in each other
        positions = Positions()
    with_spans = [(d, d.span or positions.nearest(d.at, d.on)) for d in diagnostics]
    return sorted(
        with_spans, key=lambda pair: (pair[1].line, pair[1].column) if pair[1] else (0, 0)
    )


def locate(text: str) -> Positions:
    """Return the positions of everything in a TOML text."""
    language = tree_sitter.Language(tree_sitter_toml.language())
    source = _NEW_ESCAPE.sub(lambda escape: rb"\\" * (len(escape[0]) // 2), text.encode())
    tree = tree_sitter.Parser(language).parse(source)
    lines = text.encode().split(b"\n")
    positions = Positions()
    array_lengths: dict[KeyPath, int] = {}
    for node in tree.root_node.children:
        if node.type == "pair":
            _add_pair(node, (), positions, lines)
        elif node.type in ("table", "table_array_element"):
            header = _child_key(node)
            if header is None:
                continue
            path = _resolve(_names(header), array_lengths)
            for end in range(1, len(path)):
                positions.keys.setdefault(path[:end], _span(header, lines))
            if node.type == "table_array_element":
                index = array_lengths.get(path, 0)
                array_lengths[path] = index + 1
                positions.keys.setdefault(path, _span(header, lines))
                path = (*path, index)
            positions.keys[path] = _span(header, lines)
            for child in node.children:
                if child.type == "pair":
                    _add_pair(child, path, positions, lines)
    return positions


def _resolve(names: list[str], array_lengths: dict[KeyPath, int]) -> KeyPath:
    """Lead a header through arrays of tables: each name means the last element so far."""
    path: KeyPath = ()
    for name in names:
        if path in array_lengths:
            path = (*path, array_lengths[path] - 1)
        path = (*path, name)
    return path


def _add_pair(node: Any, table: KeyPath, positions: Positions, lines: list[bytes]) -> None:
    key = _child_key(node)
    if key is None or len(node.children) < 3:
        return
    if node.has_error and node.children[2].type not in ("inline_table", "array"):
        # A value that tree-sitter doesn't understand has the place of the table around it. New lines and a last comma in an inline
        # table are TOML 1.1 as well, but it copes with those.
        return
    path = table
    for name, part in zip(_names(key), _parts(key), strict=False):
        path = (*path, name)
        positions.keys.setdefault(path, _span(part, lines))
    # Key, equals sign, value; a comment at the end of the line would be a fourth child.
    _add_value(node.children[2], path, positions, lines)


def _add_value(node: Any, path: KeyPath, positions: Positions, lines: list[bytes]) -> None:
    positions.values[path] = _span(node, lines)
    if node.type == "inline_table":
        for child in node.children:
            if child.type == "pair":
                _add_pair(child, path, positions, lines)
    elif node.type == "array":
        items = [c for c in node.children if c.is_named and c.type != "comment"]
        for index, item in enumerate(items):
            _add_value(item, (*path, index), positions, lines)


def _child_key(node: Any) -> Any | None:
    kinds = ("bare_key", "quoted_key", "dotted_key")
    return next((c for c in node.children if c.type in kinds), None)


def _parts(key: Any) -> Iterator[Any]:
    """Yield the parts of a dotted key, which nests to the left."""
    if key.type != "dotted_key":
        yield key
        return
    for child in key.children:
        if child.type != ".":
            yield from _parts(child)


def _names(key: Any) -> list[str]:
    """Return a key's names, unquoted as TOML says."""
    try:
        table = tomli.loads(f"{key.text.decode()} = 0")
    except tomli.TOMLDecodeError:
        return []
    names = []
    while isinstance(table, dict):
        ((name, table),) = table.items()
        names.append(name)
    return names


def _span(node: Any, lines: list[bytes]) -> Span:
    """Return a node's span, cut at the end of its first line; tree-sitter counts bytes from 0."""
    row, start = node.start_point
    end_row, end = node.end_point
    line = lines[row]
    stop = end if end_row == row else len(line.rstrip())
    length = len(line[start:stop].decode("utf-8", "replace"))
    column = len(line[:start].decode("utf-8", "replace")) + 1
    return Span(row + 1, column, max(length, 1))
