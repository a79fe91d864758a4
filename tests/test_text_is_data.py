"""Nothing that stands in a text field of a spec becomes code of a script."""

from __future__ import annotations

import ast
import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from snnc.diagnostics.document import Document
from snnc.pipeline import check_document, scripts
from snnc.scripts.code import comment, literal

NASTY = [
    '"""\nimport os\nos.system("true")\n"""',
    "'); import os; os.system('true') #",
    "{{ 7 * 7 }}{% for x in y %}{{ x }}{% endfor %}{# comment #}",
    "\\",
    "\\N{BULLET} \\x41 \\u0041",
    "line\nbreak\rreturn\ttab\x0bfeed\x0c\x85\u2028\u2029",
    "ünïcödé \N{PILE OF POO} \u202e right to left",
    "%s {0} {name!r} f'{1}'",
    "quote ' and \" and \\' and \\\"",
    "#!/bin/sh",
]


def plain(text: str) -> str:
    """Return what a script would be with harmless text: every string of it is emptied."""

    class Emptied(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.Constant:
            return ast.Constant("") if isinstance(node.value, str) else node

    return ast.dump(Emptied().visit(ast.parse(text)))


def strings(text: str) -> set[str]:
    nodes = ast.walk(ast.parse(text))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def emitted(folder: Path, file: str, x: str, y: str, label: str, spec_name: str) -> dict[str, str]:
    data = {
        "network": {"name": "texts"},
        "data": {"kind": "npz", "path": file, "x": x, "y": y},
        "input": {"shape": [3]},
        "layers": [{"kind": "dense", "units": 4}, {"kind": "dense", "units": 4}],
        "output": {"classes": 2, "labels": [label, "other"]},
        "train": {"batch_size": 4},
        "scripts": {"plots": True},
    }
    checked = check_document(Document(folder / spec_name, "", data))
    return {p.name: text for p, text in scripts(checked.program, folder).items()}


@pytest.mark.parametrize("nasty", NASTY)
def test_text_adds_no_statement(nasty: str, tmp_path: Path) -> None:
    file = nasty.replace("/", "|").replace("\\", "|").replace("\0", "")[:40]
    arrays = {nasty: np.zeros((20, 3)), nasty + "y": np.arange(20) % 2}
    _save(tmp_path / file, arrays)
    # As long as the nasty names: long ones become constants.
    x, y = ("x" * (len(literal(name)) - 2) for name in arrays)
    _save(tmp_path / "data.npz", dict(zip((x, y), arrays.values(), strict=True)))
    spec_name = file.replace("\n", " ") + ".toml"
    found = emitted(tmp_path, file, nasty, nasty + "y", nasty, spec_name)
    harmless = emitted(tmp_path, "data.npz", x, y, "label", "texts.toml")
    for name, text in found.items():
        assert plain(text) == plain(harmless[name])
    assert {nasty, nasty + "y", file} <= strings(found["texts_train.py"])
    assert nasty in strings(found["texts_plots.py"])


@pytest.mark.parametrize("nasty", NASTY)
def test_columns_and_data_sets_add_no_statement(nasty: str, tmp_path: Path) -> None:
    """The name of a column of a csv file, and of a data set of OpenML."""

    def emitted(name: str, other: str) -> dict[str, str]:
        found: dict[str, str] = {}
        with (tmp_path / "data.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["a", "b", name], *[[i, i % 7, other] for i in range(20)]])
        for data in (
            {"kind": "csv", "path": "data.csv", "label": name},
            {"kind": "openml", "name": name},
        ):
            spec = {
                "network": {"name": f"from_{data['kind']}"},
                "data": data,
                "input": {"shape": [2]},
                "layers": [{"kind": "dense", "units": 4}, {"kind": "dense", "units": 4}],
                "output": {"classes": 2, "labels": [other, "other"]},
                "train": {"batch_size": 4},
            }
            checked = check_document(Document(tmp_path / "texts.toml", "", spec))
            found |= {p.name: text for p, text in scripts(checked.program, tmp_path).items()}
        return found

    # Line ends of a file are all the same.
    nasty = nasty.replace("\r", "").replace("\n", " ")
    found = emitted(nasty, nasty + "!")
    harmless = emitted("x" * (len(literal(nasty)) - 2), "y" * (len(literal(nasty)) - 1))
    assert len(found) == 4
    for name, text in found.items():
        assert plain(text) == plain(harmless[name])
    for kind in ("csv", "openml"):
        # Around a cell of a table, spaces don't count.
        column = nasty.strip() if kind == "csv" else nasty
        assert {column, nasty + "!"} <= strings(found[f"from_{kind}_train.py"])


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Like np.savez, which takes neither every file name nor every array name."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo()
            info.filename = f"{name}.npy"  # unlike ZipInfo's own argument, kept as it is
            with archive.open(info, "w") as member:
                np.lib.format.write_array(member, array)


@given(st.text())
@example("\0'\"")
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_literal_is_its_value(text: str) -> None:
    code = literal(text)
    assert ast.literal_eval(code) == text
    assert "\n" not in code


@given(st.text())
@settings(max_examples=500, deadline=None)
def test_a_comment_stays_one(text: str) -> None:
    line = comment(text)
    assert ast.dump(ast.parse(f"# {line}\nx")) == ast.dump(ast.parse("\nx"))
    assert ast.literal_eval(f'"""{line}."""') == f"{line}."
