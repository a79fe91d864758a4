"""What is said of a trained network's rates, and of a training that was over too early: where it is so, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from tests.conftest import ROOT
from tests.following import Case, follow, options

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")

SPEC = ROOT / "specs/digits.toml"
WRITE = "write epochs = {} in [train]"


def program(changes: Changes | None = None) -> Program:
    return check_document(changed(read(SPEC), changes or {})).program


def measured(
    *layers: tuple[str, float, float, int], lost: int = 0, right: int = 900, seconds: float = 0.1
) -> Any:
    """Return what was measured on 1,000 items: of each layer its name, rate, share of fast rates and number of dead neurons."""
    from snnc.running.measured import LayerMeasured, Measured
    from snnc.running.statistics import paired_difference

    trained = np.arange(1000) < right
    runs = np.arange(1000) < right - lost
    sizes = {"pixels": 128, "strokes": 64}
    found = [LayerMeasured(name, *numbers, sizes[name]) for name, *numbers in layers]
    return Measured(trained, seconds, tuple(found), paired_difference(runs, trained))


SOUND = (("pixels", 120.0, 0.1, 3), ("strokes", 200.0, 0.3, 2))


def warnings(found: Any, changes: Changes | None = None) -> list[Diagnostic]:
    from snnc.running.measured import rate_warnings

    return list(rate_warnings(program(changes), found))


def followed(diagnostic: Diagnostic, changes: Changes | None = None) -> list[Program]:
    """Return the program that each option of a hint leads to."""
    document = changed(read(SPEC), changes or {})
    programs = []
    for option in options(diagnostic.hint):
        case = follow(Case(document.data), diagnostic, option.removesuffix(" and train again"))
        assert case, option
        from snnc.spec.read import from_data

        programs.append(check_document(from_data(case.tables, Path("<dict>"))).program)
    return programs


def test_sound_rates_raise_nothing() -> None:
    assert warnings(measured(*SOUND)) == []


def test_few_spikes_where_a_neuron_fires() -> None:
    from snnc.running.measured import ENOUGH_SPIKES

    slow = {("neurons", "max_rate"): 100}
    (found,) = warnings(measured(("pixels", 30.0, 0.0, 0), SOUND[1]), slow)
    assert (found.code, found.at) == ("scarce-spikes", ("neurons", "max_rate"))
    assert "'pixels' fire, they fire at 30 Hz, 3.0 times in 0.1 s" in found.message
    faster, longer = followed(found, slow)
    # Rates rise with max_rate, spikes with time.
    assert 30 * faster.network.population("pixels").neurons.max_rate / 100 * 0.1 > ENOUGH_SPIKES
    assert longer.presentation.time * 30 > ENOUGH_SPIKES
    assert warnings(measured(("pixels", 41.0, 0.0, 0), SOUND[1]), slow) == []


def test_few_spikes_where_rates_are_as_high_as_usual() -> None:
    """Then only time helps, however items are shown."""
    short = {("presentation", "time"): 0.02, ("presentation", "steps"): 30}
    (found,) = warnings(measured(*SOUND, seconds=0.02), short)
    assert found.hint == "write time = 0.05 and steps = 50 in [presentation]"
    (after,) = followed(found, short)
    assert (after.presentation.time, after.presentation.steps) == (0.05, 50)


@pytest.mark.parametrize("lost", [0, 2, 30])
def test_rates_that_the_chip_rounds(lost: int) -> None:
    """Told by what they cost, as the chip's rates of items that were trained on answer."""
    found = warnings(measured(SOUND[0], ("strokes", 400.0, 0.7, 0), lost=lost))
    assert [d.code for d in found] == (["fast-rates"] if lost == 30 else [])
    if found:
        assert "3.0 (" in found[0].message
        assert "of the rates of 'strokes' 70% are above 250 Hz" in found[0].message
        (after,) = followed(found[0])
        assert after.network.population("strokes").gradient.kind == "loihi"


def test_dead_neurons() -> None:
    (found,) = warnings(measured(SOUND[0], ("strokes", 200.0, 0.3, 17)))
    assert (found.code, found.at) == ("dead-neurons", ("layers", 2))
    assert found.message.startswith("17 of 64 neurons of 'strokes' never fire for any of 1000")
    assert followed(found)[0].data.scale == "standard"
    # A layer that hears nothing can't fire.
    deaf = measured(("pixels", 0.0, 0.0, 128), ("strokes", 0.0, 0.0, 64))
    assert [d.at for d in warnings(deaf)] == [("layers", 0)]


def epochs(losses: Any, accuracy: float = 0.9, validated: Any = None) -> list[Any]:
    from snnc.training.epochs import Epoch, Validation

    rows = zip(losses, losses if validated is None else validated, strict=True)
    return [
        Epoch(n, loss, accuracy, 1.0, None if validated is None else Validation(other, accuracy))
        for n, (loss, other) in enumerate(rows, 1)
    ]


def found_improving(history: list[Any], changes: Changes | None = None) -> list[Diagnostic]:
    from snnc.training.improving import still_improving

    return list(
        still_improving(
            program({("train", "epochs"): len(history), **(changes or {})}), history, WRITE
        )
    )


VALIDATES = {("train", "validation_fraction"): 0.1}


def test_a_loss_that_falls_and_one_that_has_settled() -> None:
    n = np.arange(1, 41)
    noise = np.random.RandomState(0).normal(size=40)
    falling, settled = 1 - 0.2 * np.log(n) + 0.002 * noise, 0.3 + 0.5**n + 0.01 * noise
    (found,) = found_improving(epochs(falling))
    assert (found.code, found.at, found.hint) == (
        "still-improving",
        ("train", "epochs"),
        "write epochs = 80 in [train]",
    )
    assert found_improving(epochs(settled)) == []
    # What it falls by in the noise isn't known; what is learnt can't be learnt better.
    assert found_improving(epochs(falling + 0.2 * noise)) == []
    assert found_improving(epochs(falling, accuracy=0.999)) == []


def test_more_epochs_are_worth_what_the_loss_goes_on_to_lose() -> None:
    """A loss that halves in twice as many epochs halves what is wrong, and no more than that."""
    from snnc.training.improving import gain_of_more

    halving = epochs(1 / np.arange(1, 41), accuracy=0.98)
    assert gain_of_more(halving) == pytest.approx(0.01, rel=0.02)
    # As `mnist_loihi` learns: 10 epochs instead of 5 have 0.3 points more of the test items right.
    learnt = [(0.334, 0.9), (0.0913, 0.9727), (0.0614, 0.981), (0.0462, 0.9855), (0.0369, 0.989)]
    history = [epochs([loss] * n, accuracy)[-1] for n, (loss, accuracy) in enumerate(learnt, 1)]
    assert 0.003 < gain_of_more(history) < 0.01


def test_items_that_validate_decide_where_there_are_any() -> None:
    n = np.arange(1, 41)
    falling = 1 - 0.2 * np.log(n)
    rising = 0.5 + 0.01 * n
    assert found_improving(epochs(falling, validated=rising), VALIDATES) == []
    assert found_improving(epochs(rising, validated=falling), VALIDATES)
    stopping = {**VALIDATES, ("train", "early_stopping"): {"patience": 5}}
    assert found_improving(epochs(rising, validated=falling), stopping)
    stopped = {**stopping, ("train", "epochs"): 60}
    assert found_improving(epochs(rising, validated=falling), stopped) == []


def test_too_few_epochs_tell_nothing_and_too_many_can_not_be_written() -> None:
    assert found_improving(epochs([1, 0.5, 0.2])) == []
    many = epochs(1 - 0.1 * np.log(np.arange(1, 1000)))
    assert found_improving(many) == []


def test_the_twin_ahead_in_training() -> None:
    from snnc.running.measured import twin_ahead

    here = measured(*SOUND, right=900)
    (found,) = twin_ahead(program(), here, np.arange(1000) < 920, WRITE)
    assert "float twin has 92.0 % right, the rate neurons 90.0 %, 2.0 (" in found.message
    assert (found.at, found.hint) == (("train", "epochs"), "write epochs = 120 in [train]")
    assert not list(twin_ahead(program(), here, np.arange(1000) < 902, WRITE))
    assert not list(twin_ahead(program(), here, np.arange(1000) < 870, WRITE))
    assert not list(twin_ahead(program(), here, None, WRITE))


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_hints_are_followed_to_the_letter_and_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A network of few spikes: found when it is trained, when it runs and by check; gone once the hint was followed."""
    import json

    spec = tmp_path / "digits.toml"
    slow = {("neurons", "max_rate"): 100, ("presentation", "time"): 0.05, ("train", "epochs"): 12}
    spec.write_text(changed(read(SPEC), slow).text)
    assert main(["train", str(spec)]) == 0
    assert "warning[scarce-spikes]" in capsys.readouterr().err
    assert main(["run", "--on", "emulator", "--items", "20", str(spec)]) == 0
    assert "warning[scarce-spikes]" in capsys.readouterr().err
    assert main(["check", "--params", str(spec)]) == 0
    seen = capsys.readouterr()
    assert "warning[scarce-spikes]" in seen.err
    assert "  pixels: " in seen.out
    assert main(["check", "--params", "--json", str(spec)]) == 0
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert found["code"] == "scarce-spikes"

    longer = {("presentation", "time"): float(found["hint"].split("time = ")[1].split(" ")[0])}
    spec.write_text(changed(read(spec), longer).text)
    assert main(["check", "--params", str(spec)]) == 0
    assert "warning" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_measured_rates_are_those_of_the_chip(tmp_path: Path) -> None:
    """Compared with the emulator, which is NengoLoihi bit for bit: layer by layer, over the same items."""
    from dataclasses import replace

    import snnc
    from snnc.running.emulated import emulate
    from snnc.running.rates import activity, as_it_runs

    trained = snnc.train(SPEC, epochs=5)
    long = replace(
        trained.trained.program,
        presentation=trained.program.presentation.model_copy(update={"time": 1.0}),
    )
    x = trained.trained.x_test[:40]
    _, hertz = activity(long.network, x, as_it_runs)
    chip = emulate(long, x).rates
    for name, rates in hertz.items():
        assert chip[name].mean() == pytest.approx(rates.mean(), rel=0.1), name
        assert np.corrcoef(chip[name], rates.mean(axis=0))[0, 1] > 0.95, name


@pytest.mark.parametrize(
    ("kind", "on_host", "on_chip"),
    [
        ("lif", "nengo.LIFRate", "nengo_loihi.LoihiLIF"),
        ("loihi_lif", "nengo_loihi.LoihiLIF", "nengo_loihi.LoihiLIF"),
        (
            "loihi_spiking_relu",
            "nengo_loihi.LoihiSpikingRectifiedLinear",
            "nengo_loihi.LoihiSpikingRectifiedLinear",
        ),
    ],
)
def test_rates_come_in_steps_on_the_chip_and_with_its_kinds(
    nengo_loihi: None, kind: str, on_host: str, on_chip: str
) -> None:
    from snnc.running.rates import as_it_runs

    network = check_document(changed(read(SPEC), {("neurons", "kind"): kind})).program.network
    pixels, strokes = network.populations
    assert (pixels.on_chip, strokes.on_chip) == (False, True)
    assert as_it_runs(pixels).name == on_host
    assert as_it_runs(strokes).name == on_chip


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_a_silent_start_is_told_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the seed, or the scale, that the hint names has none."""
    from snnc.data import prepare
    from snnc.session import before_training

    silent: dict[Any, Any] = {
        ("data", "name"): "wine",
        ("input", "shape"): [13],
        ("output", "classes"): 3,
    }
    silent |= {("neurons", "kind"): "spiking_relu", ("neurons", "max_rate"): 100}
    document = changed(read(SPEC), silent)
    found = before_training(
        check_document(document).program, prepare.load(check_document(document).program)
    )
    assert {d.code for d in found} == {"dead-neurons"}
    for option in options(found[0].hint):
        case = follow(Case(document.data), found[0], option.removesuffix(" and train again"))
        assert case
        from snnc.spec.read import from_data

        after = check_document(from_data(case.tables, Path("<dict>"))).program
        assert before_training(after, prepare.load(after)) == ()
    sound = check_document(read(SPEC)).program
    assert before_training(sound, prepare.load(sound)) == ()
