"""The commands as functions: values in, values out, nothing printed. `snnc` itself exports them.

A spec is given as the path of a TOML file, as a TOML text, as a dict that says the same, or as what `load` has returned.
Relative paths in a text or a dict start from the current folder.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, UsageError
from snnc.diagnostics.report import report
from snnc.environment import libraries
from snnc.pipeline import LONGER, Checked, check_document, scripts, with_epochs
from snnc.program.program import Program
from snnc.running import simulators
from snnc.spec import read

if TYPE_CHECKING:
    import nengo
    from numpy.typing import ArrayLike

    from snnc.running.results import Results
    from snnc.running.simulators import SimulatorName
    from snnc.session import Training
    from snnc.training.params_file import Trained
    from snnc.training.progress import Watcher

__all__ = [
    "Checked",
    "Report",
    "Scripts",
    "SpecLike",
    "SpecWarning",
    "build",
    "check",
    "compile",
    "load",
    "restore",
    "run",
    "train",
]

#: The forms of a spec.
SpecLike = str | os.PathLike[str] | Mapping[str, Any] | Checked


class SpecWarning(UserWarning):
    """A spec that can work, but nearly always gives wrong results. Its text is the report that `snnc check` prints."""

    __module__ = "snnc"


class Report(tuple[Diagnostic, ...]):
    """The errors and warnings of a spec. It shows itself as `snnc check` prints it."""

    document: Document

    def __new__(cls, document: Document, diagnostics: Sequence[Diagnostic]) -> Report:
        self = super().__new__(cls, diagnostics)
        self.document = document
        return self

    def __repr__(self) -> str:
        if not self:
            return f"{self.document.path.as_posix()}: no errors"
        return report(self.document, self)


class Scripts(dict[Path, str]):
    """The text of every script of a spec, by the path that it is for."""

    spec_path: Path

    def __init__(self, spec_path: Path, texts: Mapping[Path, str]) -> None:
        super().__init__(texts)
        self.spec_path = spec_path

    def write(self, force: bool = False) -> list[Path]:
        """Write the scripts that are missing or out of date, and return their paths.

        Raises:
            Refusal: One was edited since snnc wrote it, isn't snnc's, or is of another spec, and `force` is not set.
                Nothing is written then.
            UsageError: A path can't be read or written.
        """
        from snnc.scripts import on_disk

        if not force:
            on_disk.refuse_others(self, self.spec_path, "force=True")
            on_disk.refuse_edited(self, "force=True")
        return on_disk.write(self)

    def __repr__(self) -> str:
        return "\n".join(
            f"{path.as_posix()}: {text.count(chr(10))} lines" for path, text in self.items()
        )


def load(spec: SpecLike) -> Checked:
    """Read and check a spec.

    Raises:
        CompileError: The spec can't work; its text says what is wrong, where, and what to write instead.
        UsageError: The file can't be read.

    Warns:
        SpecWarning: It can, but nearly always gives wrong results.
    """
    return _checked(spec)


def check(spec: SpecLike) -> Report:
    """Return all that is wrong with a spec, errors and warnings; nothing if it is fine.

    Raises:
        UsageError: The file can't be read.
    """
    try:
        sound = spec if isinstance(spec, Checked) else check_document(_document(spec))
    except CompileError as error:
        return Report(error.document, error.diagnostics)
    return Report(sound.document, sound.warnings)


def compile(spec: SpecLike, folder: Path | str | None = None) -> Scripts:  # noqa: A001
    """Return the scripts that train and run a spec, as texts for a folder (default: that of the spec).

    Nothing is written, but by `Scripts.write`.
    """
    program = _checked(spec).program
    return Scripts(program.spec_path, scripts(program, _folder(program, folder)))


@overload
def build(network: SpecLike) -> nengo.Network: ...
@overload
def build(network: Trained | Training, x: ArrayLike | None = None) -> nengo.Network: ...
def build(network: SpecLike | Trained | Training, x: ArrayLike | None = None) -> nengo.Network:
    """Return a network in memory: of a spec the one that NengoDL trains, of what was trained the one that runs.

    The network that runs is plain Nengo; NengoLoihi runs it too. It shows items one after another, each for
    `presentation.time`: by default those that training held out, or the items `x`, of shape ``(n, *shape)``, as they
    are in the source: they are scaled as in training. `net.logits` is the probe of the answer, `net.spikes` has
    one for each layer.
    """
    with libraries.loaded():
        from snnc.networks.build import deployed_network, stream_of, training_network

        if isinstance(network, str | os.PathLike | Mapping | Checked):
            if x is not None:
                raise UsageError("x is for networks that run: give build what was trained")
            return training_network(_checked(network).program.network)
        trained = _trained(network)
        program = trained.program
        items = trained.x_test[:] if x is None else trained.scaled(x)
        return deployed_network(program.network, stream_of(program, items), loihi=program.on_loihi)


def train(
    spec: SpecLike,
    *,
    epochs: int | None = None,
    baseline: bool = False,
    folder: Path | str | None = None,
    resume: bool = False,
    items: int | None = None,
    progress: bool = False,
) -> Training:
    """Train a spec in NengoDL, and test it in floats, each item from a cleared state.

    Args:
        spec: The spec.
        epochs: How often each item is trained on, instead of as the spec says.
        baseline: Whether to train the float twin too, the same layers in plain Keras with ReLU.
        folder: Where everything is saved as soon as it is there, and until then a checkpoint of every epoch;
            `Training.save` saves later.
        resume: Whether to go on from what a killed training with the same settings left in the folder.
        items: On how many test items to test; by default on all, and on none for 0.
        progress: Whether to show bars on standard error.

    Warns:
        SpecWarning: What was trained will hardly do well as spikes, or could do better: its rates, silent neurons, too few epochs.

    Raises:
        Refusal: The data can't be trained on, training failed, or a layer of the trained network never fires.
        UsageError: A package is missing, a file can't be read or written, or there is no folder to resume from.
    """
    if resume and folder is None:
        raise UsageError("resume=True goes on from what is in a folder: say which, folder=...")
    n_tested = _count("items", items, least=0)
    checked = _checked(spec, _count("epochs", epochs, 999))
    program = checked.program
    with libraries.loaded():
        from snnc import session
        from snnc.data import prepare

        where = None if folder is None else Path(folder)
        longer = "train with epochs={}" if epochs else LONGER
        training = session.train(
            program,
            prepare.load(program),
            _watcher(progress),
            where,
            baseline,
            resume,
            n_tested,
            longer,
        )
    remaining = without_allowed(training.warnings, checked.allowed)
    if remaining:
        warnings.warn(SpecWarning(Report(checked.document, remaining)), stacklevel=2)
    training.results.refuse_silence()
    return training


def restore(spec: SpecLike, folder: Path | str | None = None) -> Trained:
    """Return what training has saved to a folder (default: that of the spec).

    Raises:
        Refusal: There is nothing, it is damaged, or it is of another network or other data.
    """
    program = _checked(spec).program
    with libraries.loaded(libraries.WITHOUT_TENSORFLOW):
        from snnc.training import params_file

        return params_file.load(program, _folder(program, folder))


def run(
    network: SpecLike | Trained | Training,
    *,
    on: SimulatorName | Sequence[SimulatorName] | None = None,
    items: int | None = None,
    progress: bool = False,
) -> Results:
    """Run what was trained as spikes, on items that it was never trained on.

    Args:
        network: What `train` or `restore` returned; for a spec, what training has saved beside it.
        on: Where to run: "nengo_fresh" and "nengo_dl" show each item fresh, "nengo", "emulator" and "nengo_loihi" show them as a stream.
            By default on nengo_fresh, and on the emulator if Loihi is among the spec's targets.
        items: How many test items; by default all.
        progress: Whether to show bars on standard error.

    Raises:
        Refusal: Nothing was trained yet, Nengo can't run it, or a layer never fires.
        UsageError: A package or the chip is missing, or `on` names what the spec isn't for.
    """
    n_items = _count("items", items)
    trained = None
    if isinstance(network, str | os.PathLike | Mapping | Checked):
        program = _checked(network).program
    else:
        trained = _trained(network)
        program = trained.program
    chosen = simulators.chosen(program, [on] if isinstance(on, str) else on)
    with libraries.loaded(simulators.packages(chosen)):
        from snnc.running import run
        from snnc.training import params_file

        simulators.ensure_reachable(program, chosen)
        if trained is None:
            trained = params_file.load(program, _folder(program, None))
        results = run.run(trained, chosen, n_items, _watcher(progress))
    results.refuse_silence()
    return results


def _checked(spec: SpecLike, epochs: int | None = None) -> Checked:
    """Return a spec without errors, and tell whoever called snnc of its warnings."""
    told = spec.warnings if isinstance(spec, Checked) else ()
    sound = spec if isinstance(spec, Checked) else check_document(_document(spec))
    checked = with_epochs(sound, epochs, "epochs={}")
    if untold := [warning for warning in checked.warnings if warning not in told]:
        warnings.warn(SpecWarning(Report(checked.document, untold)), stacklevel=3)
    return checked


def _document(spec: str | os.PathLike[str] | Mapping[str, Any]) -> Document:
    if not isinstance(spec, str | os.PathLike | Mapping):
        kind = type(spec).__name__
        raise UsageError(f"a spec is a path, a TOML text or a dict, not a {kind}")
    if isinstance(spec, Mapping):
        return read.from_data(spec, Path("<dict>"))
    # No spec fits on one line, and no path takes two.
    if isinstance(spec, str) and "\n" in spec:
        return read.parse(spec.encode(), Path("<text>"))
    return read.read(Path(spec))


def _trained(network: Any) -> Trained:
    from snnc.session import Training
    from snnc.training.params_file import Trained

    trained = network.trained if isinstance(network, Training) else network
    if not isinstance(trained, Trained):
        raise UsageError("this takes a spec, or what snnc.train or snnc.restore returned")
    return trained


def _folder(program: Program, folder: Path | str | None) -> Path:
    return program.spec_path.parent if folder is None else Path(folder)


def _count(name: str, value: int | None, most: int | None = None, least: int = 1) -> int | None:
    """Return a number of things, once it is one."""
    if value is None or (isinstance(value, int) and least <= value <= (most or value)):
        return value
    raise UsageError(
        f"{name} is a whole number from {least}{f' to {most}' if most else ''}, not {value!r}"
    )


def _watcher(progress: bool) -> Watcher:
    from snnc.training.progress import Nobody, Terminal

    return Terminal() if progress else Nobody()
