"""A PostgreSQL server of Debian's package, for one test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, if it is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _user() -> str:
    """Return who runs the server: it refuses to be run by root."""
    return "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


@contextmanager
def server() -> Iterator[str]:
    """Start a server that listens on a socket alone, and yield the URL of its database. Skips the test where there is none."""
    bin_ = programs()
    if bin_ is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    user = _user()
    try:
        owner = pwd.getpwnam(user)
    except KeyError:
        pytest.skip(f"there is no user {user} who could run PostgreSQL")
    # Of a short name: a socket's path has 107 characters at most.
    folder = Path(mkdtemp(prefix="pg"))
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    whose = {"user": owner.pw_uid, "group": owner.pw_gid} if os.getuid() == 0 else {}
    data = folder / "data"

    def run(program: str, *arguments: str | Path) -> None:
        command = [bin_ / program, "-D", data, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **whose)

    try:
        run("initdb", "-U", "snnc", "-A", "trust", "-N")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgresql://snnc@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
