"""What tutorials and README tell people to type is accepted, does what stands below it, and has its words in the search."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from benchmarks import ten_commands
from docs import consoles
from snnc.cli import reader
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
TYPED = [
    step.command
    for page in consoles.PAGES
    for step in consoles.steps((ROOT / "docs" / page).read_text())
]


def test_the_way_to_ones_own_table_has_at_most_ten_commands() -> None:
    typed = ten_commands.commands(README)
    assert 5 < len(typed) <= 10
    assert [command for command in typed if command.startswith("snnc predict")]


@pytest.mark.parametrize("command", [*TYPED, *ten_commands.commands(README)])
def test_commands_are_accepted(command: str) -> None:
    program, *arguments = shlex.split(re.split(r"\|\||\|", command)[0])
    if program == "snnc":
        reader().parse_args(arguments)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_links_work_where_the_code_is_read(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = re.findall(r"\]\((?!http)([^)#]+)[^)]*\)|src=\"(.*?)\"", text)
    missing = [path for pair in targets for path in pair if path and not (ROOT / path).exists()]
    assert missing == []


#: A spec for rows of docs/keras_habits.md: what stands in a row replaces what is here.
BASE: dict[str, Any] = {
    "network": {"name": "habits"},
    "data": {"kind": "npz", "path": "data.npz"},
    "input": {"shape": [16, 16, 1]},
    "layers": [{"kind": "dense", "units": 8}] * 2,
    "output": {"classes": 3},
    "train": {"batch_size": 20},
}
#: What else a row's kind needs.
BESIDE: dict[str, dict[str, Any]] = {
    "conv1d": {"input": {"shape": [16, 4]}},
    "max_pool2d": {"targets": ["nengo_dl"], "neurons": {"kind": "relu"}},
    "keras": {"input": {"shape": [28, 28]}, "output": {"classes": 10}},
}


def habits() -> Iterator[tuple[str, str]]:
    """Yield what rows say is written, and in which table."""
    page = (ROOT / "docs/keras_habits.md").read_text()
    yield from re.findall(r"^\|[^|]*\| `([^|]*)` \| `\[+(\w+)\]+` \|", page, re.MULTILINE)


def spec_of(written: dict[str, Any], table: str) -> dict[str, Any]:
    """Return a spec in which something is written in a table."""
    spec: dict[str, Any] = {**BASE, **BESIDE.get(written.get("kind", ""), {})}
    if table == "layers":
        spec["layers"] = list(around(written))
    else:
        spec[table] = written if "kind" in written else {**spec[table], **written}
    return spec


def around(layer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a layer among those that it follows, and that follow it where weights alone need that."""
    weights = {"neurons": "none"} if layer["kind"] == "add" else {}
    sources = layer.get("from", [] if layer["kind"] == "conv1d" else ["left"])
    for name in ("left", "right"):
        if name in sources:
            look = {"kind": "conv2d", "filters": 2, "kernel_size": 1, "from": ["input"]}
            yield {"name": name, **look, **weights}
    yield {"name": "here", **layer}
    yield {"kind": "add" if "neurons" in layer else "dense", "from": ["here"]} | (
        {} if "neurons" in layer else {"units": 8}
    )


@pytest.mark.parametrize(("written", "table"), list(habits()))
def test_what_stands_for_keras_words_is_accepted(written: str, table: str, tmp_path: Path) -> None:
    from snnc.diagnostics.document import Document
    from snnc.pipeline import check_document

    spec = spec_of(tomli.loads(f"here = {{ {written} }}")["here"], table)
    check_document(Document(tmp_path / "habits.toml", "", spec))


def test_there_are_habits() -> None:
    assert len(list(habits())) > 40


def test_the_glossary_has_the_fields_words() -> None:
    page = (ROOT / "docs/glossary.md").read_text()
    terms = re.findall(r"^(?!```|#)(\S.*)$", page.partition("```{glossary}\n")[2], re.MULTILINE)
    assert len(terms) == len({term.lower() for term in terms if term not in ("T",)}) + 1
    wanted = {
        "quantisation",
        "quantization",
        "spike rate",
        "timestep",
        "dt",
        "threshold",
        "leak",
        "batch norm fold",
        "axon",
        "float twin",
    }
    assert wanted <= set(terms)


#: What says the same on every machine, and from how few epochs the rest is.
EXACT = re.compile(
    r"snnc (new|check|show|compile|explain) |cat |tail |head -n 4 tumours|cut |grep "
)
FAST = re.compile(r"^snnc train ")


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("page", consoles.PAGES)
def test_tutorials_can_be_followed(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text()
    consoles.write_files(text, tmp_path)
    for command, output in ((step.command, step.output) for step in consoles.steps(text)):
        said = consoles.run(FAST.sub("snnc train --epochs 2 ", command), tmp_path)
        if EXACT.match(command):
            assert consoles.shortened(said) == output, command


def test_a_command_that_fails_stops_the_page(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="exit code 3"):
        consoles.run("exit 3", tmp_path)


def test_the_notebooks_page_has_what_it_says() -> None:
    from docs import notebook

    page = notebook.page()
    assert page.startswith("# Digits as spikes\n")
    assert "error[" in page
    assert "```python\nfrom pathlib import Path\n" in page
