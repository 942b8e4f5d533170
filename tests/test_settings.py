from dataclasses import dataclass

import pytest

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.settings import Settings, describe_options, in_folder, option, page_to_write, read_options, usage_of


@dataclass(frozen=True)
class Wanted:
    name: str = option("", "shown with it", metavar="name", is_positional=True)
    every_ms: int = option(10, "how often", metavar="MS", read=int)
    quiet: bool = option(False, "show nothing")
    kind: str = option("a", "which one", metavar="KIND", choices=("a", "b"))


def read(*words: str) -> Wanted:
    return read_options(Wanted, words, command="thing")


def test_defaults_stand_where_nothing_is_said() -> None:
    assert read() == Wanted("", 10, False, "a")


def test_words_become_fields() -> None:
    assert read("x", "--every-ms=5", "--quiet", "--kind", "b") == Wanted("x", 5, True, "b")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--evry-ms", "3"], "did you mean `--every-ms`?"),
        (["--zzz"], "unknown option `--zzz`: `thing` has `--every-ms`, `--quiet`, `--kind`"),
        (["--kind", "c"], "`--kind`: `c` is none of a, b"),
        (["--every-ms"], "`--every-ms`: expected one argument"),
        (["a", "b"], "`b` is one word too many for `thing`: put quotes round a text with spaces"),
        (["--every", "3"], "unknown option `--every`"),
    ],
)
def test_a_wrong_word_is_named_on_one_line_with_the_way_out(words: list[str], said: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        read(*words)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_help_names_every_option_with_its_default() -> None:
    assert describe_options(Wanted).splitlines() == [
        "name           shown with it",
        "--every-ms MS  how often (default: 10)",
        "--quiet        show nothing",
        "--kind KIND    which one (default: a)",
    ]
    assert usage_of(Wanted) == "[name] [--every-ms MS] [--quiet] [--kind KIND]"


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_environment({"TAILGANA_TOP_N": "3", "TAILGANA_PROFILE_DURATION_SEC": "2.5", "OTHER": "1"})
    assert (settings.top_n, settings.profile_duration_sec) == (3, 2.5)
    assert settings.profiles_kept == Settings().profiles_kept


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf", ""])
def test_a_setting_that_is_no_positive_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="TAILGANA_PROFILE_DURATION_SEC"):
        Settings.from_environment({"TAILGANA_PROFILE_DURATION_SEC": text})


def test_a_page_ends_in_html_and_its_folder_exists(tmp_path) -> None:
    assert page_to_write(f"{tmp_path}/a.HTML") == f"{tmp_path}/a.HTML"
    with pytest.raises(InvalidRequestError, match=r"does not end in `\.html`"):
        page_to_write(f"{tmp_path}/a.pdf")
    with pytest.raises(InvalidRequestError, match="there is no folder"):
        in_folder(tmp_path / "none" / "a.html")
