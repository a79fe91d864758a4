"""Log what was trained and run with MLflow: the values of the spec, the numbers of the tables, and files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import UsageError
from snnc.environment.versions import installed
from snnc.program.program import Program
from snnc.running.results import Results, Row
from snnc.training.epochs import Epoch

#: The longest value of a parameter that every store of MLflow takes.
LONGEST = 500


@dataclass(frozen=True, eq=False)
class Tracker:
    """Writes runs to an experiment of MLflow, which is called like the network."""

    client: Any
    experiment: str

    def log(
        self,
        name: str,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        epochs: Sequence[Epoch] = (),
        files: Sequence[Path] = (),
        parent: str | None = None,
    ) -> str:
        """Write one run, and return its number there. Raises a UsageError if that fails."""
        tags = {"mlflow.parentRunId": parent} if parent else {}
        with _said():
            run = self.client.create_run(self.experiment, run_name=name, tags=tags).info.run_id
            for key, value in parameters.items():
                self.client.log_param(run, key, str(value)[:LONGEST])
            for key, value in metrics.items():
                self.client.log_metric(run, key, value)
            for epoch in epochs:
                self.client.log_metric(run, "training/loss", epoch.loss, step=epoch.number)
                self.client.log_metric(run, "training/accuracy", epoch.accuracy, step=epoch.number)
            for file in files:
                if file.exists():
                    self.client.log_artifact(run, str(file))
            self.client.set_terminated(run)
        return str(run)


def tracker(uri: str, network: str) -> Tracker:
    """Return what logs runs at a URI of MLflow. Raises a UsageError if MLflow is missing, or nothing can be logged there."""
    if installed("mlflow-skinny") is None and installed("mlflow") is None:
        raise UsageError("--track takes MLflow: pip install 'snnc[track]'")
    # Whoever names a folder means it; MLflow would rather have a data base.
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    # It would try for minutes to reach a server that isn't there.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    from mlflow import MlflowClient

    with _said(uri):
        client = MlflowClient(tracking_uri=uri)
        there = client.get_experiment_by_name(network)
        return Tracker(client, there.experiment_id if there else client.create_experiment(network))


@contextmanager
def _said(uri: str = "MLflow") -> Iterator[None]:
    """Raise a UsageError in place of what MLflow raises, and of what the stores below it do."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError, ImportError) as error:
        raise UsageError(f"can't log to {uri}: {str(error).splitlines()[0]}") from error


def parameters(document: Document, program: Program) -> dict[str, Any]:
    """Return the values of a spec by their addresses, with the seed and the number of epochs that hold."""
    return {
        **dict(_flat(document.data, "")),
        "network.seed": program.network.seed,
        "train.epochs": program.train.epochs,
    }


def metrics(results: Results) -> dict[str, float]:
    """Return the numbers of all rows, by the place that each ran on."""
    return {key: value for row in results.rows for key, value in _of_row(row)}


def _of_row(row: Row) -> Iterator[tuple[str, float]]:
    intervals = {
        "accuracy": row.accuracy,
        "minus_float": row.minus_float,
        "minus_rates": row.minus_rates,
    }
    for name, interval in intervals.items():
        if interval is not None:
            yield f"{row.on}/{name}", interval.value
            yield f"{row.on}/{name}.low", interval.low
            yield f"{row.on}/{name}.high", interval.high
    yield f"{row.on}/n", row.accuracy.n
    if row.log_loss is not None:
        yield f"{row.on}/log_loss", row.log_loss
    for layer in row.layers:
        yield f"{row.on}/rate.{layer.name}", layer.rate


def _flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the values in tables and in arrays of tables, by addresses as `layers.0.units`."""
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        inner = dict(enumerate(value)).items()
    else:
        yield prefix, value
        return
    for key, part in inner:
        yield from _flat(part, f"{prefix}.{key}" if prefix else str(key))
