"""Values of a spec are changed where they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from snnc.diagnostics.diagnostic import KeyPath
from snnc.spec.changes import changed
from snnc.spec.read import parse

pytest.importorskip("tomlkit")

TEXT = """\
# A spec.
[network]
name = "small"  # short

[presentation]
time = 0.1
# How it is read:
read = { mean_of_last = 0.5 }

[neurons]
kind = "lif"

[[layers]]
kind = "dense"   # the first
units = 8

[[layers]]
kind = "dense"
neurons = "lif"
units = 4

[output]
classes = 2
"""


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("presentation", "time"), 0.03, "time = 0.03"),
        (("presentation", "read"), {"mean_of_last": 0.3}, "read = { mean_of_last = 0.3 }"),
        (("presentation", "read", "mean_of_last"), 0.3, "read = { mean_of_last = 0.3 }"),
        (("presentation", "gap"), 0.01, "gap = 0.01"),
        (("neurons", "max_rate"), 100, "max_rate = 100"),
        (
            ("synapses", "layer"),
            {"kind": "lowpass", "tau": 0.001},
            'layer = { kind = "lowpass", tau = 0.001 }',
        ),
        (("layers", 0, "synapse"), "none", 'synapse = "none"'),
        (("layers", 1, "neurons", "max_rate"), 50, 'neurons = { kind = "lif", max_rate = 50 }'),
    ],
)
def test_one_value_is_changed(path: KeyPath, value: Any, line: str) -> None:
    before = parse(TEXT.encode(), Path("small.toml"))

    after = changed(before, {path: value})

    assert _at(after.data, path) == value
    old, new = before.text.splitlines(), after.text.splitlines()
    assert line in new
    assert [each for each in old if each not in new] == [
        each for each in old if _key(each) == _key(line) and each not in new
    ]
    assert "# How it is read:" in new


def test_a_key_is_taken_away() -> None:
    document = parse(TEXT.encode(), Path("small.toml"))
    changes: dict[KeyPath, Any] = {("presentation", "read"): None, ("synapses", "probe"): None}
    after = changed(document, changes)
    assert after.data == {**document.data, "presentation": {"time": 0.1}}


def test_the_comment_stands_behind_the_first() -> None:
    document = parse(TEXT.encode(), Path("small.toml"))
    changes: dict[KeyPath, Any] = {("presentation", "time"): 0.05, ("neurons", "max_rate"): 50}
    lines = changed(document, changes, "measured").text.splitlines()
    assert "time = 0.05 # measured" in lines
    assert "max_rate = 50" in lines


def test_a_layer_that_is_not_there_is_refused() -> None:
    document = parse(TEXT.encode(), Path("small.toml"))
    with pytest.raises(KeyError, match="layers"):
        changed(document, {("layers", 2, "units"): 3})


def _at(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data[key]
    return data


def _key(line: str) -> str:
    return line.partition("=")[0].strip()
