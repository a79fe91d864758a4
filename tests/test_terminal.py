"""What a person sees: colour and folding where a terminal takes them, lines where a log reads along, a word early on."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from snnc.arguments import COMMANDS
from snnc.arguments.examples import EXAMPLES
from snnc.checks.known_codes import allowable
from snnc.cli import main, reader
from snnc.diagnostics.screen import Screen
from snnc.environment.files import claimed
from snnc.show.table import aligned
from snnc.spec.explained import explained, paths
from snnc.spec.json_schema import schema
from snnc.training.epochs import Epoch
from snnc.training.progress import Lines
from tests.conftest import ROOT

DIGITS = (ROOT / "specs/digits.toml").read_text()
STYLE = re.compile(r"\033\[[0-9;]*m")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound spec and one that isn't, without what the environment says of colour."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "digits.toml").write_text(DIGITS)
    wrong = DIGITS.replace('name = "digits"', 'name = "wrong"', 1)
    wrong = wrong.replace("units = 64", "unts = 64")
    (tmp_path / "wrong.toml").write_text(wrong.replace('kind = "lif"', 'kind = "relu"'))
    return tmp_path


def on_a_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """Return what a command says on a terminal of some columns."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "snnc", *arguments],
        stdin=end,
        stdout=end,
        stderr=end,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment},
    )
    os.close(end)
    said = b""
    # Linux says by an error that nobody has the other end any more.
    with suppress(OSError):
        while read := os.read(terminal, 65536):
            said += read
    os.close(terminal)
    process.wait()
    return said.decode().replace("\r\n", "\n")


def test_a_report_in_colour(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what it says without, and marks the place: its text is underlined and red."""
    assert main(["check", "wrong.toml"]) == 1
    plain = capsys.readouterr().err
    assert "\033" not in plain
    seen = on_a_terminal("check", "wrong.toml", columns=200)
    assert STYLE.sub("", seen) == plain
    assert "\033[4;31munts\033[0m = 64\n" in seen
    assert "\033[1;31merror[unknown-key]\033[0m" in seen


@pytest.mark.parametrize(
    ("option", "environment", "colored"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_who_decides_on_colour(
    option: list[str], environment: dict[str, str], colored: bool, folder: Path
) -> None:
    seen = on_a_terminal("check", "wrong.toml", *option, **environment)
    assert ("\033[" in seen) == colored


def test_colour_into_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = dict(os.environ)
    assert main(["check", "wrong.toml", "--color", "always"]) == 1
    assert "\033[1;31merror" in capsys.readouterr().err
    assert main(["--color", "always", "check", "wrong.toml"]) == 1
    assert "\033[1;31merror" in capsys.readouterr().err
    assert dict(os.environ) == before


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 100])
def test_lines_fit(columns: int, folder: Path) -> None:
    """Reports and tables, whatever is in them."""
    shutil.copy(ROOT / "specs/cifar10.toml", folder)
    shutil.copy(ROOT / "specs/digits.toml", folder)
    said = [
        on_a_terminal(*command, columns=columns)
        for command in (
            ["check", "wrong.toml"],
            ["show", "cifar10.toml"],
            ["show", "cifar10.toml", "--cores"],
            ["explain", "neurons.max_rate"],
            ["explain", "scripts"],
            ["explain", "core-limits"],
            ["check", "--data", "digits.toml"],
        )
    ]
    lines = [line for text in said for line in STYLE.sub("", text).splitlines()]
    assert not [line for line in lines if len(line) > columns]
    # Nothing is lost for that.
    every = " ".join(" ".join(STYLE.sub("", text).split()) for text in said)
    for words in (
        "did you mean 'units'?",
        "chip, 36 cores of 7 x 7 x 8",
        "1 / (dt * (1 + round(",
        "8 39, 9 41",
        "Neither smaller blocks nor pooling, which",
    ):
        assert words in every


def test_a_folded_table() -> None:
    """Columns that don't fit stand below, behind the first one; one that never fits stands alone, and goes on below."""
    cells = [["row", "a", "bb", "a very wide column", "c"], ["one", "1", "2", "3", "4"]]
    assert aligned(cells, width=None).count("\n") == 1
    assert aligned(cells, width=20) == (
        "row  a  bb\none  1  2\n\nrow  a very wide\n     column\none  3\n\nrow  c\none  4"
    )
    # No room behind the first one.
    assert "row  a very wide column" in aligned(cells, width=9)
    words = [line.split() for line in aligned(cells, True, 14).splitlines() if line]
    assert [line[0] for line in words].count("row") == 3


@pytest.mark.parametrize("width", [1, 20, 40, 79])
def test_wrapping_loses_no_word(width: int) -> None:
    text = (
        "snnc: a sentence with words of many lengths, and-one-that-is-longer-than-a-narrow-screen"
    )
    assert Screen(width=width).wrapped(text, "  ").split() == text.split()


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_in_the_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They parse, and fit 80 columns."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out.partition("\nexamples:\n")[2].splitlines()
    assert len(shown) == len(EXAMPLES[command])
    assert max(map(len, shown)) <= 80
    for line, _ in EXAMPLES[command]:
        words = line.partition(" >")[0].split()
        assert reader().parse_args(words[1:]).command == command


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["trian", "x.toml"], "there is no command 'trian'; did you mean 'train'?"),
        (["digits.toml"], "there is no command 'digits.toml'; write snnc check digits.toml"),
        (
            ["train", "x.toml", "--epoch-s=3"],
            "there is no option '--epoch-s'; did you mean '--epochs'",
        ),
        (
            ["--epochs", "3", "train", "x.toml"],
            "--epochs stands behind the command: write snnc train --epochs ...",
        ),
        (["train", "x.toml", "y.toml"], "unrecognized arguments: y.toml"),
        (
            ["run", "x.toml", "--on", "loihi"],
            "there is no place 'loihi'; did you mean 'nengo_loihi'",
        ),
    ],
)
def test_what_was_meant(written: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ([], ["--json"]):
        with pytest.raises(SystemExit) as exit_:
            main([*written, *option])
        assert exit_.value.code == 2
        seen = capsys.readouterr()
        assert said in seen.err
        if option:
            error = json.loads(seen.out)["error"]
            assert said in error["message"]
            assert error["exit_code"] == 2


def test_check_without_arguments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All specs of the folder, broken ones too, and no other TOML file."""
    (folder / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    (folder / "broken.toml").write_text("network.name = \n")
    (folder / "layers.toml").write_text("[[ layers ]]\n")
    assert main(["check"]) == 1
    seen = capsys.readouterr()
    assert seen.out.startswith("digits.toml: no errors")
    for name in ("wrong", "broken", "layers"):
        assert f"{name}.toml:" in seen.err
    assert "pyproject" not in seen.err
    assert main(["check", "--json"]) == 1
    specs = [json.loads(line)["spec"] for line in capsys.readouterr().out.splitlines()]
    assert specs == ["broken.toml", "digits.toml", "layers.toml", "wrong.toml"]
    for path in folder.glob("*.toml"):
        path.unlink()
    assert main(["check"]) == 2
    assert "there is no spec in this folder" in capsys.readouterr().err


def test_quiet(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", "digits.toml"]) == 0
    assert main(["compile", "--quiet", "digits.toml"]) == 0
    assert main(["compile", "--quiet", "--check", "digits.toml"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["check", "--quiet"]) == 1
    assert "error[unknown-key]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["check", "nowhere.toml"], 2, "can't read nowhere.toml"),
        (["compile", "nowhere.toml"], 2, "can't read nowhere.toml"),
        (["compile", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["compile", "--check", "digits.toml"], 1, "digits_train.py is missing"),
        (["show", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["train", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["run", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["predict", "nowhere.toml", "--data", "x.npz"], 2, "can't read nowhere.toml"),
        (["report", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["tune", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["calibrate", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
        (["ladder", "wrong.toml"], 1, "layer 'strokes' has no key 'unts'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_for_programs(
    arguments: list[str], code: int, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stderr says to people, stdout says as JSON: the text, the exit code, and what is wrong with a spec."""
    assert main([*arguments, "--json"]) == code
    seen = capsys.readouterr()
    error = json.loads(seen.out)["error"]
    assert error["exit_code"] == code
    assert message in error["message"]
    assert message in seen.err
    if "'unts'" in message:
        (found,) = error["diagnostics"]
        assert (found["code"], found["line"], error["spec"]) == ("unknown-key", 36, "wrong.toml")


def test_compile_for_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["digits_train.py", "digits_loihi.py"]
    told = {"spec": "digits.toml", "written": names, "up_to_date": [], "left_over": []}
    assert main(["compile", "digits.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told
    (folder / "digits_loihi.py").unlink()
    assert main(["compile", "digits.toml", "--json"]) == 0
    told |= {"written": names[1:], "up_to_date": names[:1]}
    assert json.loads(capsys.readouterr().out) == told


def test_every_key_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    root = schema(allowable())
    for path in paths(root):
        found = explained(root, path)
        assert found, path
        assert all(entry.meaning for entry in found), path
    assert main(["explain", "neurons.max_rate"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("neurons.max_rate  of lif, ")
    assert "Firing rate for an input of 1, in hertz" in said
    assert "a number above 0; by default 300\n" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("layers.dense.units", "a whole number from 1"),
        ("units", "layers.units  of dense"),
        ("optimizer.adam", "learning_rate"),
        ("train.optimizer.schedule", ""),
        ("[[layers]]", "global_avg_pool2d"),
        ("neurons.lif.tau_ref", "a number from 0 below 1; by default 0.001"),
        ("presentation.read", "by default { mean_of_last = 0.5 }"),
        ("data.npz.path", "of npz"),
    ],
)
def test_explaining_keys(asked: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["explain", asked])
    seen = capsys.readouterr()
    assert said in seen.out
    assert code == (0 if said else 2)
    assert said or "there is no code and no key" in seen.err


def test_a_log_has_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One an epoch; of items one after a pause, and one when all ran."""
    with Lines().epochs("training", 2, 0) as show:
        show(Epoch(1, 0.5, 0.75, 1.25))
    assert capsys.readouterr().err == (
        "training: epoch 1 of 2, 1.2 s, loss 0.5000, accuracy 75.0%\n"
    )
    for pause, shown in ((0, ["1", "2", "3"]), (1e9, ["3"])):
        with Lines(pause=pause).items("spikes", 3) as count:
            for _ in range(3):
                count(1)
        lines = capsys.readouterr().err.splitlines()
        assert [re.match(r"spikes: (\d) of 3 items, ", line)[1] for line in lines] == shown  # type: ignore[index]


def test_a_file_is_claimed_once(tmp_path: Path) -> None:
    path = tmp_path / "new/x.params.npz"
    other = "import sys; from pathlib import Path; from snnc.environment.files import claimed\nwith claimed(Path(sys.argv[1])) as alone: print(alone)"
    ask = [sys.executable, "-c", other, str(path)]
    with claimed(path) as alone:
        assert alone
        assert subprocess.check_output(ask, text=True, cwd=ROOT) == "False\n"
    assert subprocess.check_output(ask, text=True, cwd=ROOT) == "True\n"
    assert list(path.parent.iterdir()) == []


TRAIN = [sys.executable, "-u", "-m", "snnc", "train", "digits.toml", "--epochs", "1"]


@pytest.mark.slow
def test_a_training_read_through_a_pipe(folder: Path, libraries: None) -> None:
    """A word before anything is imported, a line an epoch; and which trainings write the same files."""
    (folder / "twin.toml").write_text(DIGITS)
    with claimed(folder / "digits.params.npz"):
        done = subprocess.run(
            TRAIN,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith("snnc: twin.toml is called 'digits' too, and training it writes")
    assert lines[1].startswith("snnc: another training is writing the same files at this moment")
    assert lines[2].startswith("snnc: importing TensorFlow, Nengo and NengoDL")
    assert lines[3].startswith("training: epoch 1 of 1, ")
    assert any(re.match(r"spikes, nengo \(fresh\): 360 of 360 items", line) for line in lines)


@pytest.mark.slow
def test_trainings_for_programs(
    folder: Path, libraries: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is on stdout is JSON: of a training, of answers, and of what a run says with --quiet nothing else."""
    assert main(["train", "digits.toml", "--epochs", "4", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [epoch["number"] for epoch in said["epochs"]] == [1, 2, 3, 4]
    assert [row["on"] for row in said["rows"]] == ["rates", "nengo_fresh"]
    assert said["trained_on"]["n"] == 1437
    assert "still-improving" in {warning["code"] for warning in said["warnings"]}
    shutil.copy("digits.test.npz", "new.npz")
    assert main(["predict", "digits.toml", "--data", "new.npz", "--json", "--logits", "-q"]) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    said = json.loads(seen.out)
    (row,) = [row for row in said["results"]["rows"] if row["on"] == "emulator"]
    right = [answer["answer"] == answer["label"] for answer in said["answers"]]
    assert row["accuracy"]["value"] == sum(right) / len(right)
    for answer in said["answers"]:
        assert max(answer["logits"], key=answer["logits"].get) == answer["answer"]
