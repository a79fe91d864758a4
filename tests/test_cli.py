"""The commands that are cheap to ask: what they print, write and refuse, and their exit codes."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from codecs import BOM_UTF8
from pathlib import Path

import pytest

import snnc
from snnc import __version__
from snnc.cli import main
from snnc.diagnostics.diagnostic import Span
from snnc.diagnostics.errors import CompileError
from snnc.drafting.text import length
from snnc.pipeline import checked
from snnc.program.network import Connection
from snnc.show.full import full
from snnc.spec.read import parse
from tests.conftest import CASES, DOWNLOADED, INVALID, ROOT, SPECS, meaning


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound spec in the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "specs/digits.toml", "digits.toml")
    return Path("digits.toml")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"snnc {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["trian", "x.toml"],
        ["digits.toml"],
        ["train", "x.toml", "--epoch-s", "3"],
        ["show", "--json", "--full", "x.toml"],
        ["completion", "tcsh"],
        ["run", "x.toml", "--items", "0"],
        ["run", "x.toml", "--items", "many"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: snnc" in capsys.readouterr().err


def test_check(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(spec)]) == 0
    assert (
        capsys.readouterr().out
        == "digits.toml: no errors; 2 layers, 192 neurons, for nengo_dl and loihi\n"
    )


def test_one_layer_is_not_layers(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(
        """
targets = ["nengo_dl"]
network.name = "one"
data = { kind = "sklearn", name = "digits" }
input.shape = [64]
layers = [{ kind = "dense", units = 1 }]
output.classes = 10
"""
    )
    assert main(["check", str(spec)]) == 0
    assert capsys.readouterr().out == "digits.toml: no errors; 1 layer, 1 neuron, for nengo_dl\n"


def test_several_specs_are_all_reported(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = spec.read_text()
    Path("wrong.toml").write_text(sound.replace("units = 64", "unts = 64"))
    Path("warned.toml").write_text(sound.replace("units = 128", "units = 128\non_chip = true"))
    assert main(["check", "wrong.toml", str(spec), "warned.toml"]) == 1
    seen = capsys.readouterr()
    assert [line.split(":")[0] for line in seen.out.splitlines()] == ["digits.toml", "warned.toml"]
    assert "wrong.toml:36:1: error[unknown-key]" in seen.err
    assert re.search(r"^warned.toml:\d+:11: warning\[chip-input-coding\]", seen.err, re.M)
    assert main(["check", str(spec), "warned.toml"]) == 0
    assert main(["check", "wrong.toml", "nowhere.toml", str(spec)]) == 2, "the worst of them"


def test_compiling_several_specs(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = spec.read_text()
    Path("other.toml").write_text(sound.replace('name = "digits"', 'name = "other"', 1))
    Path("wrong.toml").write_text(sound.replace("units = 64", "unts = 64"))
    assert main(["compile", str(spec), "wrong.toml", "other.toml", "-o", "out"]) == 1
    written = ["digits_loihi.py", "digits_train.py", "other_loihi.py", "other_train.py"]
    assert sorted(os.listdir("out")) == written
    both = [str(spec), "other.toml", "-o", "out"]
    assert main(["compile", "--check", *both]) == 0
    Path("out/other_train.py").write_text("")
    Path("out/digits_train.py").unlink()
    capsys.readouterr()
    assert main(["compile", "--check", *both]) == 1
    seen = capsys.readouterr().err
    assert "out/digits_train.py is missing" in seen
    assert "out/other_train.py was edited, or not written by snnc" in seen


@pytest.mark.parametrize("option", [[], ["--check"], ["--force"]])
def test_two_specs_of_one_name(
    option: list[str], spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One's scripts would overwrite the other's: nothing is written."""
    Path("folder").mkdir()
    shutil.copy(spec, "folder/copy.toml")
    assert main(["compile", *option, str(spec), "folder/copy.toml", "-o", "out"]) == 1
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "digits.toml and folder/copy.toml are both called 'digits'" in seen.err
    assert not Path("out").exists()
    assert main(["compile", str(spec), "folder/copy.toml"]) == 0, "each beside its spec"
    assert main(["compile", str(spec), str(spec.resolve())]) == 0, "the same spec twice"


def test_a_place_that_is_none(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["run", str(spec), "--on", "loihi"])
    assert exit_.value.code == 2
    assert "there is no place 'loihi'; did you mean 'nengo_loihi'?" in capsys.readouterr().err


def test_check_of_an_invalid_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(spec.read_text().replace("units = 64", "unts = 64"))
    assert main(["check", str(spec)]) == 1
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "digits.toml:36:1: error[unknown-key]: layer 'strokes' has no key 'unts'\n" in seen.err
    assert seen.err.endswith("did you mean 'units'?\n1 error; snnc explain unknown-key says why\n")


@pytest.mark.parametrize("path", ["nowhere.toml", ".", "digits.toml/x.toml"])
def test_a_spec_that_cannot_be_read(
    path: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", path]) == 2
    assert capsys.readouterr().err.startswith("snnc: can't read ")


def test_compile(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", str(spec)]) == 0
    assert capsys.readouterr().out == "wrote digits_train.py\nwrote digits_loihi.py\n"
    assert sorted(os.listdir()) == ["digits.toml", "digits_loihi.py", "digits_train.py"]
    assert main(["compile", str(spec)]) == 0
    assert "digits_train.py is up to date\n" in capsys.readouterr().out
    assert main(["compile", "--check", str(spec)]) == 0


def test_only_nengo_dl(spec: Path) -> None:
    spec.write_text(
        spec.read_text().replace('targets = ["nengo_dl", "loihi"]', 'targets = ["nengo_dl"]')
    )
    assert main(["compile", str(spec)]) == 0
    assert sorted(os.listdir()) == ["digits.toml", "digits_train.py"]


def test_what_each_script_that_differs_is(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compile", str(spec)])
    Path("digits_train.py").unlink()
    with Path("digits_loihi.py").open("a") as script:
        script.write("# mine\n")
    capsys.readouterr()
    assert main(["compile", "--check", str(spec)]) == 1
    assert capsys.readouterr().err == (
        "snnc: digits_train.py is missing; digits_loihi.py was edited, or not written by snnc; "
        "run snnc compile, with --force over what was edited\n"
    )


def test_compile_into_a_file(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("")
    assert main(["compile", str(spec), "-o", "taken"]) == 2
    assert capsys.readouterr().err == "snnc: can't use taken as a folder: it is a file\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "command", ["--version", "train --help", "explain", "schema", "check digits.toml"]
)
def test_a_full_device(spec: Path, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "snnc", *command.split()],
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": ""},  # with it, argparse swallows what fails
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == "snnc: can't write what there is to say: no space left on device\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(5, "Input/output error"), "can't read: input/output error"),
        (OSError(5, "Input/output error", "a.npz"), "can't use a.npz: input/output error"),
    ],
)
def test_a_file_that_fails_is_not_what_there_is_to_say(
    error: OSError,
    said: str,
    spec: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(arguments: object) -> int:
        raise error

    monkeypatch.setattr("snnc.commands.check.run", fail)
    assert main(["check", str(spec)]) == 2
    assert capsys.readouterr().err == f"snnc: {said}\n"


def test_compile_into_another_folder(spec: Path) -> None:
    assert main(["compile", str(spec), "-o", "new/folder"]) == 0
    assert sorted(os.listdir("new/folder")) == ["digits_loihi.py", "digits_train.py"]


def test_stale_scripts(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compile", str(spec)])
    spec.write_text(spec.read_text().replace("epochs = 60", "epochs = 61"))
    before = Path("digits_train.py").read_text()
    capsys.readouterr()
    assert main(["compile", "--check", str(spec)]) == 1
    seen = capsys.readouterr()
    assert "-EPOCHS = 60\n+EPOCHS = 61\n" in seen.out
    assert seen.err == "snnc: digits_train.py is out of date; run snnc compile\n"
    assert Path("digits_train.py").read_text() == before
    assert main(["compile", str(spec)]) == 0, "what nobody edited may be replaced"
    assert main(["compile", "--check", str(spec)]) == 0


def test_another_spec_of_the_same_name(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its scripts are overwritten only if that is meant, whoever of the two comes first."""
    shutil.copy(spec, "other.toml")
    assert main(["compile", str(spec), "-o", "out"]) == 0
    before = Path("out/digits_train.py").read_text()
    for option in ([], ["--check"]):
        assert main(["compile", *option, "other.toml", "-o", "out"]) == 1
        said = capsys.readouterr().err
        assert "out/digits_train.py was written from digits.toml, not from other.toml: " in said
        assert "give one of the two networks another name, or write elsewhere with -o" in said
    # Nor if it was edited: that would say that --force is all there is to it.
    Path("out/digits_train.py").write_text(before + "# mine\n")
    assert main(["compile", "other.toml", "-o", "out"]) == 1
    assert "was written from digits.toml" in capsys.readouterr().err
    assert Path("out/digits_train.py").read_text() == before + "# mine\n"
    with pytest.raises(snnc.Refusal, match=r"not from other.toml: .*; force=True overwrites it"):
        snnc.compile("other.toml", "out").write()
    assert main(["compile", "other.toml", "-o", "elsewhere"]) == 0
    assert main(["compile", "--force", "other.toml", "-o", "out"]) == 0
    assert "Written by snnc from other.toml" in Path("out/digits_train.py").read_text()
    assert main(["compile", str(spec), "-o", "out"]) == 1
    assert "was written from other.toml" in capsys.readouterr().err


def test_a_spec_that_was_renamed_or_moved_keeps_its_scripts(spec: Path) -> None:
    assert main(["compile", str(spec), "-o", "out"]) == 0
    spec.rename("renamed.toml")
    assert main(["compile", "renamed.toml", "-o", "out"]) == 0
    Path("folder").mkdir()
    Path("renamed.toml").rename("folder/renamed.toml")
    assert main(["compile", "folder/renamed.toml", "-o", "out"]) == 0
    Path("link.toml").symlink_to("folder/renamed.toml")
    Path("out/renamed.toml").symlink_to("../folder/renamed.toml")
    assert main(["compile", "link.toml", "-o", "out"]) == 0, "the same spec by another name"
    assert "Written by snnc from link.toml" in Path("out/digits_train.py").read_text()


def test_missing_scripts_are_stale(spec: Path) -> None:
    assert main(["compile", "--check", str(spec)]) == 1
    assert os.listdir() == ["digits.toml"]


def test_a_script_that_is_no_longer_asked_for(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["compile", str(spec)])
    spec.write_text(
        spec.read_text().replace('targets = ["nengo_dl", "loihi"]', 'targets = ["nengo_dl"]')
    )
    assert main(["compile", str(spec)]) == 0
    assert "digits_loihi.py is left over" in capsys.readouterr().out
    assert main(["compile", "--check", str(spec)]) == 1
    Path("digits_loihi.py").unlink()
    assert main(["compile", "--check", str(spec)]) == 0


def test_plots_that_are_no_longer_asked_for(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = spec.read_text()
    spec.write_text(f"{without}\n[scripts]\nplots = true\n")
    main(["compile", str(spec)])
    spec.write_text(without)
    assert main(["compile", str(spec)]) == 0
    assert "digits_plots.py is left over: the spec no longer asks" in capsys.readouterr().out
    assert main(["compile", "--check", str(spec)]) == 1
    Path("digits_plots.py").unlink()
    assert main(["compile", "--check", str(spec)]) == 0


def test_data_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script looks for its data from where it really is."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "specs", "specs", ignore=shutil.ignore_patterns("*.py"))
    Path("real/sub").mkdir(parents=True)
    Path("link").symlink_to("real/sub")
    assert main(["compile", "specs/jets.toml", "-o", "link"]) == 0
    text = Path("real/sub/jets_train.py").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("DATA = ")]
    relative = line.removeprefix('DATA = HERE / "').removesuffix('"')
    assert (tmp_path / "real/sub" / relative).exists()


def test_an_edit_is_kept(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compile", str(spec)])
    script = Path("digits_loihi.py")
    edited = f"{script.read_text()}# mine\n"
    script.write_text(edited)
    other = Path("digits_train.py").read_text()
    spec.write_text(spec.read_text().replace("epochs = 60", "epochs = 61"))
    assert main(["compile", str(spec)]) == 1
    assert "digits_loihi.py: edited since snnc wrote it" in capsys.readouterr().err
    assert script.read_text() == edited
    assert Path("digits_train.py").read_text() == other, "all or nothing"
    assert main(["compile", "--force", str(spec)]) == 0
    assert main(["compile", "--check", str(spec)]) == 0


def test_a_script_of_someone_else_is_kept(spec: Path) -> None:
    Path("digits_train.py").write_text("print('mine')\n")
    assert main(["compile", str(spec)]) == 1
    assert Path("digits_train.py").read_text() == "print('mine')\n"


def test_line_ends_are_no_edit(spec: Path) -> None:
    main(["compile", str(spec)])
    script = Path("digits_train.py")
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["compile", "--check", str(spec)]) == 0
    spec.write_text(spec.read_text().replace("epochs = 60", "epochs = 61"))
    assert main(["compile", str(spec)]) == 0
    assert b"\r" not in script.read_bytes()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("closed")
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert main(["compile", str(spec), "-o", "closed"]) == 2
    assert capsys.readouterr().err.startswith("snnc: can't write closed")


def test_a_folder_that_is_a_file(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", str(spec), "-o", "digits.toml"]) == 2
    assert capsys.readouterr().err.startswith("snnc: can't ")


def test_new(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "mine"]) == 0
    assert main(["check", "mine.toml"]) == 0
    assert main(["compile", "mine.toml"]) == 0
    assert Path("mine_train.py").exists()
    assert main(["new", "mine"]) == 1
    assert "mine.toml is there already" in capsys.readouterr().err
    assert main(["new", "../Mine"]) == 2


def test_new_trains_as_long_with_a_file_as_without(spec: Path) -> None:
    main(["new", "mine"])
    train = checked(Path("mine.toml")).program.train
    # Four fifths of the 1,797 digits.
    assert (train.epochs, train.batch_size) == length(1437)[:2]


def test_what_new_leaves_out_has_the_value_it_says(spec: Path) -> None:
    """Every key that is commented out in the starting spec names its default."""
    main(["new", "mine"])
    bare = checked(Path("mine.toml")).program
    text = Path("mine.toml").read_text()
    commented = re.compile("# [a-z_]+ = (?!as )")
    lines = [line[2:] if commented.match(line) else line for line in text.splitlines()]
    written = Path("written.toml")
    written.write_text("\n".join(line.replace("# [loihi]", "[loihi]") for line in lines[2:]))
    full_program = checked(written).program
    assert meaning(full_program) == meaning(bare)
    assert full_program.presentation == bare.presentation
    assert full_program.loihi == bare.loihi
    assert [p.gradient for p in full_program.network.populations] == [
        p.gradient for p in bare.network.populations
    ]


def test_show_in_spite_of_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """The table comes where the layers are understood, and the errors behind it."""
    understood = []
    for path in INVALID:
        code = main(["show", str(path)])
        seen = capsys.readouterr()
        report = path.with_suffix(".err").read_text(encoding="utf-8")
        assert code == int("error[" in report), path
        if seen.out:
            understood.append(path.stem)
        assert not seen.out or seen.out.startswith("layer"), path
        assert seen.out or code == 1, path
        assert seen.err.endswith(report.splitlines()[-1] + "\n"), path
    wanted = {
        "core_limits",
        "too_fast_for_chip",
        "keras_learning_rate",
        "keras_keys",
        "unknown_data_set",
    }
    assert wanted <= set(understood)
    assert not {"unknown_layer_kind", "sum_of_shapes", "toml_syntax"} & set(understood)


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(ROOT / "specs/jets.toml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == "hidden1 input dense 64 1088 lif 300 smooth host".split()
    assert (
        lines[3].split()
        == "hidden2 hidden1 dropout > dense 32 2080 lif 300 smooth chip, 1 core".split()
    )


def test_a_byte_order_mark_is_no_part_of_a_spec() -> None:
    """As Windows' editors write it: neither the data nor the places of errors know of it."""
    good, bad = b"snnc = 1\n", b"snnc = 1 # caf\xe9"
    assert parse(BOM_UTF8 + good, Path("marked.toml")).data == {"snnc": 1}
    for raw in (bad, BOM_UTF8 + bad):
        with pytest.raises(CompileError) as caught:
            parse(raw, Path("marked.toml"))
        (found,) = caught.value.diagnostics
        assert found.span == Span(1, 15)


@pytest.mark.parametrize("path", [*SPECS, *CASES, *DOWNLOADED], ids=lambda p: p.stem)
def test_the_full_spec_means_the_same(path: Path, tmp_path: Path) -> None:
    found = checked(path)
    copy = path.with_name(f".{path.stem}.full.toml")
    try:
        copy.write_text(full(found.document, found.program))
        again = checked(copy).program
    finally:
        copy.unlink()
    assert meaning(again) == meaning(found.program)
    assert [carried(c) for c in again.network.connections] == [
        carried(c) for c in found.program.network.connections
    ]
    for name in ("seed", "dt"):
        assert getattr(again.network, name) == getattr(found.program.network, name), name
    for name in ("targets", "data", "loihi"):
        assert getattr(again, name) == getattr(found.program, name), name
    for name in ("optimizer", "validation_fraction", "early_stopping"):
        assert getattr(again.train, name) == getattr(found.program.train, name), name
    bands = [p.firing_rates for p in found.program.network.populations]
    assert [p.firing_rates for p in again.network.populations] == bands
    assert again.fresh_steps == found.program.fresh_steps
    assert [p.gradient for p in again.network.populations] == [
        p.gradient for p in found.program.network.populations
    ]
    assert [p.on_chip for p in again.network.populations] == [
        p.on_chip for p in found.program.network.populations
    ]


def test_full_says_where_values_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "specs/digits.toml"
    main(["show", "--full", str(path)])
    seen = capsys.readouterr().out
    line = path.read_text().splitlines().index("max_rate = 300") + 1
    assert f"max_rate = 300.0                   # line {line}\n" in seen
    assert "tau_rc = 0.02                      # default\n" in seen
    assert "amplitude = 0.0033333333333333335  # 1 / max_rate\n" in seen
    assert "# gradient: smooth, sigma 0.02, default\n" in seen


def carried(connection: Connection) -> tuple[object, ...]:
    """What a connection is, without where it was written."""
    return connection.source, connection.target, connection.operators, connection.synapse
