"""Where a study is stored: in a journal beside the spec, or in a database that several machines reach."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy.exc
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import make_url

from snnc.diagnostics.errors import UsageError
from snnc.study.journal import Journal, taken_again

#: How often a process says that its trial goes on, and after how long without a word it was killed, in seconds.
HEARTBEAT, KILLED = 10, 60
#: How often tables are looked for again that another process makes at this moment.
TRIES = 5


@contextmanager
def opened(path: Path, url: str | None) -> Iterator[BaseStorage]:
    """Yield the storage at an Optuna URL, or the journal at a path. Raises a UsageError if it can't be reached, or not any more."""
    if url is None:
        journal = Journal(path)
        try:
            yield journal
        finally:
            journal.release()
    else:
        with _reachable(url):
            yield _database(url)


def shown(path: Path, url: str | None) -> str:
    """Return where a study is, without its password."""
    return path.as_posix() if url is None else make_url(url).render_as_string()


@contextmanager
def _reachable(url: str) -> Iterator[None]:
    try:
        yield
    except sqlalchemy.exc.ArgumentError as error:
        raise UsageError(
            f"--storage is an URL, as postgresql://user@host/database, not {url!r}"
        ) from error
    except ImportError as error:
        raise UsageError(f"{url} needs a package that is missing: {error}") from error
    except (sqlalchemy.exc.SQLAlchemyError, StorageInternalError) as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise UsageError(f"can't reach the storage of the study: {reason}") from error


def _database(url: str) -> BaseStorage:
    whole = make_url(url)
    if whole.drivername == "postgresql":
        whole = whole.set(drivername="postgresql+psycopg")
    for attempt in range(TRIES):
        try:
            return RDBStorage(
                whole.render_as_string(hide_password=False),
                engine_kwargs={"pool_pre_ping": True},
                heartbeat_interval=HEARTBEAT,
                grace_period=KILLED,
                heartbeat_stale_trial_callback=taken_again(),
            )
        except (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError):
            if attempt == TRIES - 1:
                raise
            time.sleep(0.5 * (attempt + 1))
    raise AssertionError
