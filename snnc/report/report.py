"""A report from a trained program: every section from what was measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snnc.data.prepare import Data
from snnc.data.report import data_warnings
from snnc.diagnostics.allowed import without_allowed
from snnc.pipeline import Checked
from snnc.report.about import about
from snnc.report.confusion import confusion
from snnc.report.cores import cores
from snnc.report.findings import Findings, findings
from snnc.report.ladder import ladder
from snnc.report.measured import Measured
from snnc.report.page import Report
from snnc.report.power import Power
from snnc.report.raster import raster
from snnc.report.rates import rates
from snnc.report.settling import settling
from snnc.report.text import class_names
from snnc.report.training import Training
from snnc.report.worst import worst
from snnc.running.measured import measured_again, rate_warnings
from snnc.running.silent_filters import silent_filters
from snnc.training.epochs import Epoch
from snnc.training.history import load_history
from snnc.training.improving import still_improving
from snnc.training.params_file import trained_otherwise
from snnc.training.paths import Paths


def report(spec: Checked, data: Data, paths: Paths, measured: Measured) -> Report:
    """Return the report of a spec, whose training left files at some paths, and whose runs were measured."""
    program, trained, answers = spec.program, measured.trained, measured.answers
    network, labels, where = program.network, measured.labels, measured.where
    recording = answers.recording
    epochs = load_history(paths.history)
    energy = measured.results.rows[-1].energy
    steps = program.stream_steps if program.on_loihi else program.fresh_steps
    return Report(
        about=about(spec.document, program, data, paths.params, trained.origin),
        findings=_findings(spec, data, measured, epochs),
        ladder=ladder(measured.results),
        settling=settling(where, measured.over_time, labels, network.dt),
        confusion=confusion(where, class_names(network.output), labels, answers.classes),
        rates=rates(where, network, answers.rates, steps * network.dt),
        raster=raster(
            program,
            labels[: len(recording.unfiltered)],
            answers.classes[: len(recording.unfiltered)],
            recording,
        )
        if recording
        else None,
        cores=cores(program),
        power=Power(energy) if energy else None,
        training=Training(epochs) if epochs else None,
        worst=worst(
            where,
            program,
            measured.x,
            np.asarray(measured.x * trained.scale + trained.shift),
            labels,
            answers,
        ),
    )


def _findings(spec: Checked, data: Data, measured: Measured, epochs: Sequence[Epoch]) -> Findings:
    program = spec.program
    found = [
        *data_warnings(program, data),
        *still_improving(program, epochs, "write epochs = {} in [train]"),
        *silent_filters(program, measured.results),
        *rate_warnings(program, measured_again(measured.trained, program, data)),
    ]
    warnings = [*spec.warnings, *without_allowed(found, spec.allowed)]
    otherwise = trained_otherwise(measured.trained, spec.program)
    return findings(spec.document, warnings, dict(spec.allowed), otherwise)
