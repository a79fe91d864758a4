"""The study in a file beside the spec: a journal of whole lines, and how it is known that a trial's process was killed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from snnc.diagnostics.errors import cannot
from snnc.environment.files import claimed

#: How often a process claims its trial again, in seconds: the first time may have met another process that asked.
AGAIN = 5
#: So long a trial may have begun without being claimed.
BEGINNING = timedelta(seconds=3)
#: How often a trial is taken again whose process was killed.
RETRIES = 3


class WholeLines(BaseJournalBackend):  # type: ignore[misc]
    """Optuna's journal file. A line is there as a whole or not at all, whatever killed its writer or filled the disk.

    The lock is the system's: it ends with the process that holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise cannot("write", path, error) from error
        self._reader = JournalFileBackend(str(path))

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        yield from self._reader.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add lines at the end. Raises a UsageError, and leaves the file as it was, if they can't be written."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        try:
            with self._path.open("rb+", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                end = _end_of_lines(file)
                try:
                    file.truncate(end)
                    file.seek(end)
                    _write(file, text.encode())
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(end)
                    raise
        except OSError as error:
            raise cannot("write", self._path, error) from error


def _end_of_lines(file: Any) -> int:
    """Return where the last whole line ends: a killed writer may have left a part of one."""
    size: int = file.seek(0, os.SEEK_END)
    length = 1
    while size:
        start = max(size - length, 0)
        file.seek(start)
        found = file.read(size - start).rfind(b"\n")
        if found >= 0:
            return start + int(found) + 1
        if not start:
            return 0
        length *= 64
    return 0


def _write(file: Any, raw: bytes) -> None:
    while raw:  # a disk that is nearly full takes a part
        raw = raw[file.write(raw) :]


class Journal(JournalStorage, BaseHeartbeat):  # type: ignore[misc]
    """A journal whose running trials are claimed by a lock file each, so that those of killed processes are taken again."""

    def __init__(self, path: Path) -> None:
        super().__init__(WholeLines(path))
        self._path = path
        #: The claims of this process, by trial.
        self._held: dict[int, ExitStack] = {}

    def record_heartbeat(self, trial_id: int) -> None:
        if trial_id in self._held:
            return
        stack = ExitStack()
        if stack.enter_context(claimed(self._lock(trial_id))):
            self._held[trial_id] = stack

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        changed: bool = super().set_trial_state_values(trial_id, state, values)
        if state.is_finished() and trial_id in self._held:
            self._held.pop(trial_id).close()
        return changed

    def release(self) -> None:
        """Give up all claims."""
        while self._held:
            self._held.popitem()[1].close()

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        running = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,))
        return [trial._trial_id for trial in running if self._is_stale(trial)]

    def _is_stale(self, trial: FrozenTrial) -> bool:
        begun = trial.datetime_start
        if trial._trial_id in self._held or (begun and datetime.now() - begun < BEGINNING):
            return False
        with claimed(self._lock(trial._trial_id)) as free:
            return free

    def _lock(self, trial_id: int) -> Path:
        return self._path.with_name(f"{self._path.name}.trial{trial_id}")

    def get_heartbeat_interval(self) -> int:
        return AGAIN

    def get_heartbeat_stale_trial_callback(
        self,
    ) -> Callable[[optuna.Study, FrozenTrial], None]:
        return taken_again()


def taken_again() -> Callable[[optuna.Study, FrozenTrial], None]:
    """Return what queues the trial of a killed process, with the values that it had."""
    queue: Callable[[optuna.Study, FrozenTrial], None]
    queue = RetryHeartbeatStaleTrialCallback(max_retry=RETRIES)
    return queue
