"""Figures: what stands in them is right, and the commands and the scripts draw the same ones, byte for byte."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snnc.cli import main
from snnc.pipeline import scripts
from snnc.spec.settings import Scripts
from tests.conftest import ROOT, program_of
from tests.test_parity import load_script
from tests.test_rules_hold import program, spec
from tests.test_scripts import RUN

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
image = pytest.importorskip("matplotlib.image", reason="pip install 'snnc[plot]'")

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

CASES = ["branches", "relu", "table", "split", "twice"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits, trained for two epochs by their script, which draws."""
    folder = tmp_path_factory.mktemp("figures")
    text = (ROOT / "specs/digits.toml").read_text()
    (folder / "digits.toml").write_text(f"{text}\n[scripts]\nplots = true\n")
    assert main(["compile", str(folder / "digits.toml")]) == 0
    done = run_script(folder / "digits_train.py", "--epochs", "2", "--plot")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "wrote digits.nengo_dl.png")
    return folder


def run_script(script: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", before + RUN, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def assert_drawn(figure: Path, width: int) -> None:
    """Make sure that a file is a figure with more in it than axes."""
    assert figure.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    pixels = image.imread(figure)
    assert pixels.shape[1] == width
    # In each third from left to right.
    for part in np.array_split(pixels, 3, axis=1):
        assert len(np.unique(part.reshape(-1, pixels.shape[2]), axis=0)) > 50
        assert 0.01 < (part[..., :3].min(axis=2) < 0.9).mean() < 0.7


def test_the_command_and_the_scripts_draw(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_drawn(trained / "digits.nengo_dl.png", 1500)
    (trained / "digits.nengo_dl.png").unlink()
    capsys.readouterr()
    places = ["--on", "nengo_dl", "--on", "nengo", "--on", "nengo_loihi"]
    run = ["run", str(trained / "digits.toml"), "--items", "8", *places]
    assert main(run) == 0
    table = capsys.readouterr().out
    assert not list(trained.glob("*.png"))
    assert main([*run, "--plot"]) == 0
    seen = capsys.readouterr()
    assert seen.out == table, "what is recorded changes no number"
    names = [f"digits.{place}.png" for place in ("nengo_dl", "nengo", "nengo_loihi")]
    assert f"wrote {', '.join(f'{trained}/{name}' for name in names)}\n" in seen.err
    assert {p.name for p in trained.glob("*.png")} == set(names)
    for name in names:
        assert_drawn(trained / name, 1500)

    ours = (trained / "digits.nengo_loihi.png").read_bytes()
    (trained / "digits.nengo_loihi.png").unlink()
    done = run_script(trained / "digits_loihi.py", "--items", "8", "--plot")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "wrote digits.nengo_loihi.png")
    assert (trained / "digits.nengo_loihi.png").read_bytes() == ours
    assert not list(trained.glob(".*"))


def odd(name: str) -> Any:
    """Return a program whose figures are unlike those of the others."""
    layers: list[dict[str, Any]] = [{"name": "a"}, {"name": "b"}]
    if name == "many classes":
        return program(spec(*layers, output={"classes": 130}))
    if name == "large layers, colours":
        layers = [{"name": "a", "units": 1001}, {"name": "b_" * 16, "units": 100}]
        return program(spec(*layers, input={"shape": [5, 4, 3]}))
    labels = ["$1$ and $2$", *(f"a long name: {i:060}" for i in range(4)), "日本", *"uvwxyz"]
    if name == "labels":
        return program(spec(*layers, output={"classes": 12, "labels": labels}))
    # A layer beside the chip may put out rates; items are read last, with zeros between them.
    layers = [
        *layers,
        {"name": "c", "from": ["input"], "neurons": {"kind": "relu"}, "on_chip": False},
    ]
    shown = {"presentation": {"time": 0.03, "gap": 0.01}, "network": {"name": "small", "dt": 0.002}}
    return program(spec(*layers, output={"classes": 10, "from": ["b", "c"]}, **shown))


@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
@pytest.mark.parametrize(
    "name", [*CASES, "many classes", "large layers, colours", "labels", "rates beside the chip"]
)
def test_both_draw_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the same numbers, made up here: whatever a spec can say, in both figures."""
    from snnc.running import plots
    from snnc.running.answers import Answers
    from snnc.running.recording import Recording
    from snnc.scripts.figures import ITEMS, NEURONS

    found = program_of(ROOT / f"tests/cases/{name}.toml") if name in CASES else odd(name)
    found = replace(found, scripts=Scripts(plots=True))
    # The scripts import it from beside them.
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, f"{found.name}_plots", raising=False)
    chance = np.random.RandomState(0)
    n, classes = 30, found.network.output.classes
    labels = chance.randint(0, classes, n)
    logits = chance.normal(size=(n, classes)) + 2 * np.eye(classes)[labels]
    rates = {p.name: chance.uniform(0, 200, p.size) for p in found.network.populations}
    x = chance.normal(size=(n, found.network.input_size))
    steps = found.stream_steps + found.gap_steps
    outputs = chance.normal(size=(2, ITEMS, steps, classes))
    spikes = {}
    for population in found.network.populations:
        neurons = min(population.size, NEURONS)
        spikes[population.name] = (chance.uniform(size=(ITEMS, steps, neurons)) < 0.1) * 5.0

    for path, text in scripts(found, tmp_path).items():
        path.write_text(text)
    fresh = Answers(logits, rates)
    plots.save(tmp_path, found, "nengo_dl", x, labels, fresh)
    script = load_script(tmp_path / f"{found.name}_train.py")
    net = SimpleNamespace(label=found.name)
    script.FIGURE = tmp_path / "train.png"
    script.plot(net, labels, logits, rates)
    assert (tmp_path / f"{found.name}.nengo_dl.png").read_bytes() == script.FIGURE.read_bytes()
    assert_drawn(script.FIGURE, 1500)

    stream = Answers(logits, rates, recording=Recording(*outputs, spikes))
    plots.save(tmp_path, found, "nengo_loihi", x, labels, stream)
    script = load_script(tmp_path / f"{found.name}_loihi.py")
    unfiltered, filtered, *layers = probes(found)
    recorded = dict(zip((unfiltered, filtered), outputs, strict=True))
    recorded |= {probe: list(spikes[probe.label]) for probe in layers}
    script.FIGURE = tmp_path / "loihi.png"
    script.plot(net, recorded, x, labels, logits, rates, "sim")
    assert (tmp_path / f"{found.name}.nengo_loihi.png").read_bytes() == script.FIGURE.read_bytes()
    assert_drawn(script.FIGURE, 1500)
    if keep := os.environ.get("SNNC_FIGURES"):
        shutil.copytree(tmp_path, Path(keep) / name, dirs_exist_ok=True)


def probes(found: Any) -> list[Any]:
    """Return what stands for the probes of output and layers."""
    import nengo

    with nengo.Network(add_to_container=False):
        output = nengo.Node(size_in=found.network.output.classes)
        layers = [nengo.Ensemble(p.size, 1, label=p.name) for p in found.network.populations]
        return [
            nengo.Probe(output),
            nengo.Probe(output),
            *(nengo.Probe(layer.neurons, label=layer.label) for layer in layers),
        ]


@pytest.mark.parametrize("on", ["nengo", "nengo_loihi"])
def test_what_is_recorded_is_what_runs(trained: Path, on: Any) -> None:
    """Against Nengo's own filter, and the data of probes that are never cleared."""
    import nengo
    import nengo_loihi

    from snnc.networks.build import build, deployed_network, stream_of
    from snnc.running.recording import drawn
    from snnc.running.stream import stream
    from snnc.spec.synapses import Alpha
    from snnc.training import params_file

    found = program_of(trained / "digits.toml")
    digits = params_file.load(found, trained)
    x, network = digits.x_test[:7], digits.program.network
    # With a filter to compare with, and from the first step on.
    filtering = replace(network, output=replace(network.output, probe=Alpha(kind="alpha")))
    at_once = digits.program.presentation.model_copy(update={"latency": 0})
    deployed = replace(digits.program, network=filtering, presentation=at_once)
    answers, plain = stream(deployed, x, on, recorded=5), stream(deployed, x, on)
    assert plain.recording is None
    assert np.array_equal(answers.logits, plain.logits)
    assert all(np.array_equal(answers.rates[name], plain.rates[name]) for name in plain.rates)
    recording = answers.recording
    assert recording is not None
    assert recording.filtered.shape == recording.unfiltered.shape == (5, 100, 10)

    unfiltered, filtered = map(np.concatenate, (recording.unfiltered, recording.filtered))
    expected = build(filtering.output.probe.nengo()).filt(unfiltered, dt=found.network.dt, y0=0)
    # A probe's filter is a step behind.
    assert np.allclose(filtered[1:], expected[:-1], atol=1e-4)
    assert not np.allclose(filtered[1:], unfiltered[:-1], atol=0.1)

    net = deployed_network(deployed.network, stream_of(deployed, x), loihi=on == "nengo_loihi")
    kind = nengo.Simulator if on == "nengo" else nengo_loihi.Simulator
    with kind(net, dt=found.network.dt, seed=found.network.seed) as sim:
        sim.run_steps(500)
    pixels, strokes = net.spikes
    some = drawn(128)
    assert len(set(some)) == 100
    assert np.array_equal(np.concatenate(recording.spikes["pixels"]), sim.data[pixels][:, some])
    assert np.array_equal(np.concatenate(recording.spikes["strokes"]), sim.data[strokes])
    assert recording.spikes["pixels"].shape == (5, 100, 100)
    assert recording.spikes["strokes"].any()


@pytest.mark.parametrize("shape", [(28, 28, 3), (10, 10, 16), (20, 20, 8)])
def test_neurons_of_all_channels_are_shown(shape: tuple[int, int, int]) -> None:
    """Every n-th neuron, so that they are 100 at most, would be of one channel alone."""
    from snnc.running.recording import drawn

    height, width, channels = shape
    some = drawn(height * width * channels)
    assert list(some) == sorted(set(some))
    assert len(some) == 100
    assert set(some % channels) == set(range(channels))
    assert list(drawn(100)) == list(range(100))


def test_items_of_a_table_have_the_names_of_its_columns(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    from snnc.running.axes import plot_items

    (tmp_path / "flowers.csv").write_text("long,wide,kind\n1,2,0\n3,4,1\n")
    spec = tmp_path / "flowers.toml"
    spec.write_text(
        """network.name = "flowers"
data = { kind = "csv", path = "flowers.csv", label = "kind" }
input.shape = [2]
output.classes = 2
layers = [{ kind = "dense", units = 4 }, { kind = "dense", units = 4 }]
"""
    )
    ax = Figure().subplots()
    labels = np.array([0, 1])
    plot_items(ax, program_of(spec), np.array([[0.0, 1.0], [1.0, 0.0]]), labels, labels)
    for inset in ax.child_axes:
        assert [text.get_text() for text in inset.get_xticklabels()] == ["long", "wide"]


def test_fewer_items_than_are_shown(trained: Path) -> None:
    run = ["run", str(trained / "digits.toml"), "--items", "2", "--on", "nengo", "--plot"]
    assert main(run) == 0
    assert_drawn(trained / "digits.nengo.png", 1500)


def test_nothing_that_spikes(tmp_path: Path) -> None:
    spec = tmp_path / "rates.toml"
    shutil.copy(ROOT / "tests/cases/rates.toml", spec)
    assert main(["train", "--epochs", "2", str(spec)]) == 0
    assert main(["run", str(spec), "--items", "9", "--on", "nengo", "--plot"]) == 0
    assert_drawn(tmp_path / "rates.nengo.png", 1500)


def test_the_confusion_matrix_is_scikit_learns() -> None:
    from sklearn.metrics import confusion_matrix

    from snnc.running.axes import confusion

    chance = np.random.RandomState(0)
    # The last class has no item, and class 5 is never the answer.
    labels, answers = chance.randint(0, 6, 200), chance.randint(0, 5, 200)
    expected = confusion_matrix(labels, answers, labels=range(7))
    assert np.array_equal(confusion(labels, answers, 7), expected)
    assert not np.array_equal(expected, expected.T)


@pytest.mark.parametrize("path", [*CASES, "rates"])
def test_tuning_curves_are_nengos(path: str) -> None:
    """Of an ensemble that Nengo tunes itself."""
    import nengo
    from nengo.utils.ensemble import tuning_curves

    from snnc.networks.build import build
    from snnc.running.axes import tuning_curves as ours
    from snnc.scripts.figures import Figures

    found = program_of(ROOT / f"tests/cases/{path}.toml")
    for _, _, style in Figures(found).tunings:
        neurons, gradient = style.members[0].neurons, style.members[0].gradient
        inputs, curves = ours(style, 0.001)  # the step that Nengo's function takes for granted
        calls = neurons.trained(gradient), neurons.running()
        for (name, hertz), call in zip(curves.items(), calls, strict=True):
            kind = build(call)
            assert name.startswith(type(kind).__name__)
            with nengo.Network(seed=0) as net:
                tuning = {"max_rates": neurons.max_rate, "intercepts": neurons.intercept}
                choices = {key: nengo.dists.Choice([value]) for key, value in tuning.items()}
                ensemble = nengo.Ensemble(
                    1, 1, neuron_type=kind, encoders=[[1]], **choices, normalize_encoders=False
                )
            with nengo.Simulator(net, progress_bar=False) as sim:
                _, activities = tuning_curves(ensemble, sim, inputs[:, None])
            assert np.allclose(hertz, activities[:, 0] / kind.amplitude, atol=1e-3)
            assert hertz[-1] == pytest.approx(neurons.max_rate, rel=0.15)
            assert hertz[inputs < neurons.intercept - 0.5].max(initial=0) < 5


WITHOUT = "import sys; sys.modules['matplotlib'] = None; "


def test_matplotlib_is_missing(trained: Path) -> None:
    """One sentence before anything runs; and who doesn't plot misses nothing."""
    run = f"{WITHOUT}from snnc.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["run", str(trained / "digits.toml"), "--items", "3", "--on", "nengo"]
    command = [sys.executable, "-c", run, *arguments]
    done = subprocess.run([*command, "--plot"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(
        r"snnc: --plot needs Matplotlib \(.*\): pip install 'matplotlib>=3.8' installs it\n$",
        done.stderr,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    for script in ("digits_train.py", "digits_loihi.py"):
        done = run_script(trained / script, "--plot", before=WITHOUT)
        assert done.returncode == 2
        wanted = f"{script}: error: --plot needs Matplotlib: pip install 'matplotlib>=3.8'\n"
        assert done.stderr.endswith(wanted)
    done = run_script(trained / "digits_loihi.py", "--items", "2", before=WITHOUT)
    assert done.returncode == 0, done.stderr


def test_a_figure_that_cant_be_written(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trained / "digits.nengo.png").unlink(missing_ok=True)
    (trained / "digits.nengo.png").mkdir()
    arguments = ["run", str(trained / "digits.toml"), "--on", "nengo", "--items", "2", "--plot"]
    assert main(arguments) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.endswith("digits.nengo.png: it is a folder\n")
    (trained / "digits.nengo.png").rmdir()


def test_numbers_outlive_a_full_disk(
    trained: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    (trained / "digits.nengo.png").unlink(missing_ok=True)
    monkeypatch.setattr(Figure, "savefig", full)
    arguments = ["run", str(trained / "digits.toml"), "--on", "nengo", "--items", "2", "--plot"]
    assert main(arguments) == 2
    seen = capsys.readouterr()
    assert "spikes, nengo (stream)" in seen.out
    assert seen.err.endswith("digits.nengo.png: no space left on device\n")
    assert not (trained / "digits.nengo.png").exists()
    assert not list(trained.glob(".*"))
