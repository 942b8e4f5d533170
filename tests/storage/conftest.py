"""A store on each kind of database: a SQLite file, and a PostgreSQL server that the tests start for themselves."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tailgana_lab.storage.store import Store

_NUMBERS = count()


def find_server() -> Path | None:
    """Folder of PostgreSQL's programs."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


class Server:
    """A PostgreSQL cluster in a folder of its own, run by an ordinary user, as it must be."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        account = pwd.getpwuid(os.geteuid())
        self._who: dict[str, Any] = {}
        if account.pw_uid == 0:
            users = {user.pw_name: user for user in pwd.getpwall()}
            account = users.get("postgres") or users["nobody"]
            self._who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            **self._who,
        )

    def start(self) -> None:
        data, log = str(self._folder / "data"), str(self._folder / "log")
        self.run("initdb", "-D", data, "-A", "trust", "-U", "tester", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-p {self._port} -h 127.0.0.1 -k {self._folder} -F"
        self.run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        with suppress(subprocess.SubprocessError):
            self.run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def new_database(self) -> str:
        """URL of an empty database."""
        import psycopg

        name, where = f"lab_{next(_NUMBERS)}", f"host=127.0.0.1 port={self._port} user=tester dbname=postgres"
        with psycopg.connect(where, autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://tester@127.0.0.1:{self._port}/{name}"


@pytest.fixture(autouse=True)
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signing key of the test's own: that of whoever runs the tests is not touched."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A running server; where there is none the test is skipped, but on CI it fails."""
    programs = find_server()
    if programs is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no PostgreSQL server: `make test` as root installs it")
    folder = Path(tempfile.mkdtemp(prefix="tailgana-pg-"))  # not under pytest's: its folders are closed to others
    server = Server(programs, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL or path of an empty store, once on each kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "lab.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """An empty store, on each kind of database."""
    store = Store(address)
    yield store
    store.close()


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a file, for what does not depend on the database."""
    store = Store(tmp_path / "file" / "lab.db")
    yield store
    store.close()
