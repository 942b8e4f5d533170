"""Databases that cannot be used: one line that says so, and nothing lost."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tailgana_lab.errors import StoreError
from tailgana_lab.storage.schema import VERSION
from tailgana_lab.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
FULL_DISK = """
import os, resource, sys
from tailgana_lab.errors import StoreError
from tailgana_lab.storage.store import Store

store, n_kept = Store(sys.argv[1]), 0
store.add("first", {})
size = max(os.path.getsize(path) for path in (store.place, store.place + "-wal"))
unlimited = resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, unlimited))
try:
    for n_kept in range(5000):
        store.add("record " + f"word{n_kept} " * 300, {})
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
store.add("after", {})
print(n_kept, len(store.search("record", limit=10_000)), len(store.search("after")))
"""


def complaint(store: Store) -> str:
    """The one line with which reading and writing fail."""
    said = []
    for attempt in (lambda: store.search("x"), lambda: store.add("x", {})):
        with pytest.raises(StoreError) as failed:
            attempt()
        said.append(str(failed.value))
    assert said[0] == said[1]
    assert "\n" not in said[0]
    return said[0]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def settled(store: Store) -> Path:
    """The file of a store with one record, its log folded in."""
    store.add("kept", {})
    store.close()
    with closing(sqlite3.connect(store.place)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(store.place)


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_store_makes_its_folder_and_hides_it_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAILGANA_STORE", raising=False)
    store = Store()
    monkeypatch.chdir("/")
    store.add("x", {})
    store.close()
    assert sorted(path.name for path in (tmp_path / ".tailgana").iterdir()) == [".gitignore", "lab.db"]
    assert (tmp_path / ".tailgana" / ".gitignore").read_text() == "*\n"


def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    path.write_bytes(b"no database " * 5000)
    before = digest(path)
    assert str(path) in complaint(Store(path))
    assert digest(path) == before


def test_a_newer_store_is_named_and_left_alone(file_store: Store) -> None:
    path = settled(file_store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = digest(path)
    said = complaint(file_store)
    assert f"schema {VERSION + 1}" in said
    assert str(path) in said
    file_store.close()
    assert digest(path) == before


def test_a_newer_store_on_a_server_is_named(postgresql) -> None:
    import psycopg

    store = Store(postgresql.new_database())
    store.add("kept", {})
    store.close()
    with psycopg.connect(store.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("UPDATE tailgana_schema SET version = version + 1")
    assert f"schema {VERSION + 1}" in complaint(store)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    before = digest(path)
    assert "another program" in complaint(Store(path))
    with closing(sqlite3.connect(path)) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["birds"]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert digest(path) == before


def test_a_full_disk_is_named_and_what_was_kept_is_there(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "lab.db"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    said, counts = run.stdout.splitlines()
    assert "full" in said
    n_kept, n_found, n_after = map(int, counts.split())
    assert 0 < n_kept == n_found
    assert n_after == 1


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        os.chmod(folder, 0o555)
        with as_ordinary_user():
            assert str(folder) in complaint(Store(Path(folder) / "lab.db"))
        os.chmod(folder, 0o755)


def test_a_file_that_cannot_be_written_to_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "lab.db")
        path = settled(store)
        os.chmod(path, 0o444)
        os.chmod(folder, 0o777)
        with as_ordinary_user(), pytest.raises(StoreError, match="read-only"):
            store.add("x", {})
        store.close()


def test_a_path_through_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in complaint(Store(tmp_path / "file" / "lab.db"))


def test_a_folder_where_the_file_should_be_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in complaint(Store(tmp_path))


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    said = complaint(Store("postgresql://me:secret@127.0.0.1:1/lab"))
    assert "me:***@127.0.0.1:1/lab" in said
    assert "secret" not in said


def test_a_server_that_refuses_is_named_with_what_it_says(postgresql) -> None:
    url = postgresql.new_database()
    assert 'role "nobody" does not exist' in complaint(Store(url.replace("tester", "nobody")))
    assert "are user, password and database right" in complaint(Store(f"{url}_missing"))


def test_a_database_where_this_user_may_make_no_tables_is_named(postgresql) -> None:
    import psycopg

    url = postgresql.new_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
    assert "ask for the right to make tables" in complaint(Store(url.replace("tester", "guest")))


def test_a_file_that_was_removed_is_made_anew(file_store: Store) -> None:
    file_store.add("gone", {})
    for path in Path(file_store.place).parent.glob("lab.db*"):
        path.unlink()
    file_store.add("new", {})
    assert [record.content for record in file_store.search("")] == ["new"]
    with closing(sqlite3.connect(file_store.place)) as connection:
        assert connection.execute("SELECT count(*) FROM tailgana_records").fetchone() == (1,)


def test_readers_and_a_writer_work_side_by_side(file_store: Store) -> None:
    file_store.add("x", {})
    with closing(sqlite3.connect(file_store.place)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_an_interrupted_write_keeps_nothing_of_it(store: Store) -> None:
    def interrupted():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        store.add_entries(interrupted())
    store.add("after", {})
    assert store.count() == 1
