"""Every code has a page, and the examples on it are right: the wrong one is reported by that code alone, its repair by none."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from snnc.checks.known_codes import known_codes
from snnc.cli import main
from snnc.diagnostics import pages
from snnc.diagnostics.errors import CompileError
from snnc.diagnostics.pages import page, plain, reason, summary
from snnc.pipeline import check_document
from snnc.spec.read import parse
from tests.conftest import ROOT

CODES = list(known_codes())
ABOUT_VALUES = {code for code in known_codes().values() if code.found_by == "check --data"}
LEARNT = {code for code in known_codes().values() if code.found_by == "train"}
PAGES = ROOT / "tests/pages"
#: A line that opens a table.
HEADER = re.compile(r"^\[+([a-z_]+)", re.M)


def examples(code: str) -> dict[str, str]:
    """Return the examples of a page by what stands over them."""
    blocks = re.findall(r"^(\w+):\n\n```toml\n(.*?)^```$", page(code), re.M | re.S)
    assert [title for title, _ in blocks] == ["Wrong", "Right"]
    return dict(blocks)


def tables(text: str) -> dict[str, str]:
    """Return the text of each table by its name, tables of one name together; what comes before them is "".

    Nothing is parsed: an example may be no TOML.
    """
    first, *rest = re.split(r"(?=^\[)", text, flags=re.M)
    found = {"": first}
    for part in rest:
        header = HEADER.match(part)
        assert header, part
        found[header[1]] = found.get(header[1], "") + part
    return found


def spec(example: str) -> str:
    """Return a whole spec: the example, if it names the language's version; if not, the base with its tables replaced."""
    if example.startswith("snnc = "):
        return example
    base, own = tables((PAGES / "base.toml").read_text()), tables(example)
    if not own[""].strip():
        del own[""]
    return "\n".join({**base, **own}.values())


def codes(text: str, path: Path, looks: bool) -> list[str]:
    try:
        found = check_document(parse(text.encode(), path))
    except CompileError as error:
        return [d.code for d in error.diagnostics]
    warnings = found.warnings
    if looks:
        from snnc.commands.common import look_at_data

        try:
            warnings += look_at_data(found).warnings
        except CompileError as error:
            return [d.code for d in error.diagnostics]
    return [d.code for d in warnings]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a spec would stand, with data beside it."""
    shutil.copytree(PAGES / "data", tmp_path / "data")
    if find_spec("numpy"):
        write_values(tmp_path / "data")
    return tmp_path / "spec.toml"


def write_values(folder: Path) -> None:
    """Write data that come split, of which one thing each is wrong."""
    import numpy as np

    chance = np.random.RandomState(0)
    sound = {
        "x_train": chance.normal(size=(20, 2)),
        "y_train": np.arange(20) % 2,
        "x_test": chance.normal(size=(20, 2)),
        "y_test": np.arange(20) % 2,
    }
    leaked = np.vstack([sound["x_train"][:4], sound["x_test"][4:]])
    np.savez(folder / "balanced.npz", **sound)
    np.savez(folder / "no_numbers.npz", **{**sound, "x_train": sound["x_train"] * np.nan})
    tail = np.vstack([sound["x_train"][:-1], [[60, 0]]])
    np.savez(
        folder / "outliers.npz",
        **{
            **sound,
            "x_train": np.vstack([sound["x_train"]] * 4 + [tail]),
            "y_train": np.arange(100) % 2,
        },
    )
    np.savez(folder / "leaking.npz", **{**sound, "x_test": leaked})
    np.savez(folder / "one_sided.npz", **{**sound, "y_test": (np.arange(20) == 0) * 1})
    np.savez(folder / "in_order.npz", **{**sound, "y_test": np.arange(20) // 10})
    np.savez(folder / "coded.npz", **{**sound, "x_train": with_codes(sound["x_train"])})
    x, y = chance.normal(size=(40, 2)), np.arange(40)[:, None] % 2
    tables = {
        "answer": np.hstack([x, 3 * y]),
        "number": np.hstack([chance.permutation(40)[:, None] + 7, x]),
        "constant": np.hstack([x, np.full((40, 1), 4)]),
    }
    for name, columns in tables.items():
        np.savetxt(
            folder / f"{name}.csv",
            np.hstack([columns, y]),
            "%g",
            ",",
            header="a,b,c,kind",
            comments="",
        )
    many, few = chance.normal(size=(200, 2)), np.arange(200) % 10 == 0
    lopsided = {"x": many + 3 * few[:, None], "y": ~few * 1}
    np.savez(folder / "lopsided.npz", **lopsided)
    np.savez(folder / "sorted.npz", **{**sound, "y_train": np.zeros(20, int)})


def with_codes(x: Any) -> Any:
    """Return items, (n, size), of which two have -999 for a value that is missing."""
    x = x.copy()
    x[3, 0] = x[8, 1] = -999
    return x


def needs_numpy(code: str) -> None:
    if code in ABOUT_VALUES and not find_spec("numpy"):
        pytest.skip("numpy is not installed: pip install 'snnc[run]'")


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(p.stem for p in (ROOT / "docs/codes").glob("*")) == CODES
    assert pages.codes() == CODES


@pytest.mark.parametrize("code", sorted(set(CODES) - LEARNT))
def test_the_wrong_example_is_reported_by_its_code_alone(code: str, path: Path) -> None:
    needs_numpy(code)
    assert set(codes(spec(examples(code)["Wrong"]), path, code in ABOUT_VALUES)) == {code}


@pytest.mark.parametrize("code", CODES)
def test_its_repair_is_reported_by_none(code: str, path: Path) -> None:
    needs_numpy(code)
    assert codes(spec(examples(code)["Right"]), path, code in ABOUT_VALUES) == []


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("code", sorted(LEARNT))
def test_training_tells_the_wrong_example_from_its_repair(
    code: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What training says of other things besides depends on how it went."""
    twin = ["--baseline"] if code == "twin-ahead" else []
    for title in ("Wrong", "Right"):
        path.write_text(spec(examples(code)[title]))
        assert main(["train", *twin, str(path)]) == 0
        found = re.findall(r"warning\[([a-z-]+)\]", capsys.readouterr().err)
        assert (code in found) == (title == "Wrong")


@pytest.mark.parametrize("code", CODES)
def test_the_form_of_a_page(code: str) -> None:
    text = page(code)
    assert text.startswith(f"# {code}\n\n")
    assert 1 <= reason(text).count("\n\n") + 1 <= 3
    assert summary(text).endswith(".")
    assert len(summary(text)) <= 130


@pytest.mark.parametrize("code", CODES)
def test_explain(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 0
    seen = capsys.readouterr().out
    assert seen == plain(page(code)) + "\n"
    assert seen.startswith(f"{code}\n\n")
    for example in examples(code).values():
        for line in example.splitlines():
            assert f"    {line}\n" in seen or not line
    assert "```" not in seen
    assert "\033" not in seen


def test_explain_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == CODES
    assert all(line.endswith(summary(page(line.split()[0]))) for line in lines)
    assert [line.split()[1] for line in lines] == [c.severity for c in known_codes().values()]


def test_a_misspelt_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "chip-neuron"]) == 2
    assert (
        "no code and no key 'chip-neuron'; did you mean 'chip-neurons'" in capsys.readouterr().err
    )


def test_titles_are_bold_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["explain", "labels"]) == 0
    assert capsys.readouterr().out.startswith("\033[1mlabels\033[0m\n\n")
