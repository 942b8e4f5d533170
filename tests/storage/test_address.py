from pathlib import Path

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.storage.address import Address


def test_the_default_is_one_file_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAILGANA_STORE", raising=False)
    assert Address.of().path == tmp_path / ".tailgana" / "lab.db"


def test_the_environment_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILGANA_STORE", str(tmp_path / "other.db"))
    assert Address.of().path == tmp_path / "other.db"


@pytest.mark.parametrize("name", ["lab.db", "with space?.db", "100%.db", "naïve.db"])
def test_an_address_means_the_same_when_it_is_given_again(tmp_path: Path, name: str) -> None:
    first = Address.of(tmp_path / name)
    assert Address.of(first.url) == first
    assert first.path == tmp_path / name


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_may_be_named_in_each_usual_way(scheme: str) -> None:
    assert Address.of(f"{scheme}://db/lab") == Address("postgresql+psycopg://db/lab", None)


@pytest.mark.parametrize("url", ["postgresql://me:s3:cret@db/lab", "postgresql://db/lab?user=me&password=s3:cret"])
def test_the_password_is_not_shown(url: str) -> None:
    assert "cret" in Address.of(url).url
    assert "cret" not in Address.of(url).place


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="mysql"):
        Address.of("mysql://db/lab")
