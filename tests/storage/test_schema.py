import pytest

from tailgana_lab.errors import StoreError
from tailgana_lab.storage.address import Address
from tailgana_lab.storage.database import Database, postgresql_engine, sqlite_engine
from tailgana_lab.storage.schema import STEPS, VERSION, Steps, upgrade, version_of


def both(*statements: str) -> dict[str, tuple[str, ...]]:
    return {"sqlite": statements, "postgresql": statements}


FIRST = both("CREATE TABLE birds (name TEXT NOT NULL)", "CREATE TABLE tailgana_schema (version INTEGER NOT NULL)")
SECOND = both("ALTER TABLE birds ADD COLUMN wings INTEGER NOT NULL DEFAULT 2")
BROKEN = both("ALTER TABLE birds ADD COLUMN beaks INTEGER", "ALTER TABLE fish ADD COLUMN fins INTEGER")


@pytest.fixture
def database(address: str):
    where = Address.of(address)
    database = Database(where, sqlite_engine(where.path) if where.path else postgresql_engine(where.url))
    yield database
    database.leave()


def upgrade_to(database: Database, *steps: dict[str, tuple[str, ...]]) -> int:
    with database.writing() as connection:
        upgrade(connection, "lab", steps)
    with database.reading() as connection:
        return version_of(connection)


def test_an_empty_database_has_version_0(database: Database) -> None:
    with database.reading() as connection:
        assert version_of(connection) == 0


def test_an_older_database_is_brought_up_to_date_with_what_it_holds(database: Database) -> None:
    assert upgrade_to(database, FIRST) == 1
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO birds (name) VALUES ('wren')")
    assert upgrade_to(database, FIRST, SECOND) == 2
    assert upgrade_to(database, FIRST, SECOND) == 2
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT name, wings FROM birds").all() == [("wren", 2)]


def test_a_step_that_fails_changes_nothing(database: Database) -> None:
    upgrade_to(database, FIRST)
    with pytest.raises(StoreError):
        upgrade_to(database, FIRST, BROKEN)
    with database.reading() as connection:
        assert version_of(connection) == 1
        assert list(connection.exec_driver_sql("SELECT * FROM birds").keys()) == ["name"]


def test_a_newer_database_is_refused(database: Database) -> None:
    upgrade_to(database, FIRST, SECOND)
    with pytest.raises(StoreError, match="schema 2"):
        upgrade_to(database, FIRST)


def test_each_step_speaks_to_both_databases() -> None:
    steps: Steps = STEPS
    assert [sorted(step) for step in steps] == [["postgresql", "sqlite"]] * VERSION
