"""What is written of a calibration: the spec, and its parameters with other scales and neurons."""

from __future__ import annotations

from pathlib import Path

from snnc.calibrate.prepared import Prepared
from snnc.data.arrays import arrays_of, npz
from snnc.data.prepare import Data, trained_on
from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.environment.files import replacing
from snnc.program.network import Network
from snnc.running.measured import items_to_measure, measure, rate_warnings
from snnc.spec.changes import Changes, changed
from snnc.training.params_file import network_arrays
from snnc.trials.setting import TIME, Setting, seconds
from snnc.trials.variant import Variant, variant
from snnc.trials.writing import fewest, refuse_edited

GRADIENT: KeyPath = ("train", "gradient")
#: What the reasons begin with for which a calibration allows warnings.
ALLOWED = "calibrated: "
#: Warnings that something may cost accuracy: a measured accuracy answers them.
ANSWERED = {
    *("few-spikes", "scarce-spikes", "fast-rates", "chip-rounding", "host-max-rate"),
    *("chip-no-synapse", "unsettled", "unfiltered-output"),
}


def with_setting(prepared: Prepared, setting: Setting) -> Variant:
    """Return the spec with a setting, in as few lines as say it, and its deployed program."""
    program = prepared.program
    changes = fewest(prepared.document, program, setting.changes(program))
    shown = {TIME: seconds(setting.steps, program)}
    return variant(prepared.document, program, {**shown, **changes})


def without_own(document: Document) -> Document:
    """Return a spec without the warnings that a calibration before allowed: what it measured holds no more."""
    allowed = document.data.get("allow", {})
    ours = [code for code, reason in allowed.items() if str(reason).startswith(ALLOWED)]
    return changed(document, {("allow", code): None for code in ours}) if ours else document


def trained_alike(document: Document, network: Network) -> Document:
    """Return a spec that says by which gradient its network was trained, where that of other neurons would be another one."""
    written = "gradient" in document.data.get("train", {})
    by_rates = all(population.gradient.kind == "rate" for population in network.populations)
    return changed(document, {GRADIENT: "rate"}) if by_rates and not written else document


def explained(chosen: Variant, data: Data, loss: str) -> Document:
    """Return a spec with its measured loss: behind the time that an item is shown, and as the reason of warnings that it answers."""
    program = chosen.program
    x, y = trained_on(program, data, items_to_measure(program))
    found = (*chosen.warnings, *rate_warnings(program, measure(program, x, y)))
    meant = ANSWERED & {warning.code for warning in found}
    meant -= chosen.document.data.get("allow", {}).keys()
    changes: Changes = {
        TIME: seconds(program.stream_steps, program),
        **{("allow", code): f"{ALLOWED}{loss}" for code in sorted(meant)},
    }
    return changed(chosen.document, changes, f"{ALLOWED}{loss}")


def save(before: Document, after: Document, params: Path, deployed: Network) -> None:
    """Write a calibrated spec and its parameters, both or none. What else the parameters say stays.

    Raises a Refusal if the spec was edited meanwhile.
    """
    refuse_edited(before, "calibrate")
    kept = arrays_of(params, "run snnc train again")
    content = npz(**{**kept, **network_arrays(deployed)})
    with replacing(params) as new_params, replacing(before.path) as new_spec:
        new_params.write_bytes(content)
        new_spec.write_bytes(after.text.encode())
