import pytest
from IPython.core.error import UsageError

from tailgana_lab.magics.options import ModeOptions, ProfileOptions, ReportOptions, read_line
from tailgana_lab.results.formats import FORMATS
from tailgana_lab.settings import describe_options


def read(line: str) -> ProfileOptions:
    return read_line(ProfileOptions, line, "%%tailgana_profile")


def test_all_options_of_the_contract_are_read(tmp_path) -> None:
    line = f"'two words' --interval-ms 2 --memory --top 3 --into VAR --save {tmp_path}/p.prof --snakeviz --quiet"
    assert read(line) == ProfileOptions("two words", 2.0, True, 3, "VAR", f"{tmp_path}/p.prof", True, True)


def test_defaults_are_those_of_the_contract() -> None:
    assert read("") == ProfileOptions("", "auto", False, 10, None, None, False, False)
    assert read("--interval-ms auto").interval_ms == "auto"


@pytest.mark.parametrize(
    ("line", "word", "way_out"),
    [
        ("--no-such-option", "`--no-such-option`", "`--interval-ms`"),
        ("--intervall-ms 3", "`--intervall-ms`", "did you mean `--interval-ms`?"),
        ("--interval-ms soon", "`soon`", "`auto`"),
        ("--save p.docx", ".docx", "`.prof`"),
        ("--save p", "'p'", "`.prof`"),
        ("--save no/such/p.prof", "no/such", "make it first"),
        ("--into 3x", "`3x`", "letters, digits"),
        ("--into class", "`class`", "letters, digits"),
        ("--into a.b", "`a.b`", "letters, digits"),
        ("--top 0", "`0`", "from 1"),
        ("--top many", "`many`", "from 1"),
        ("--into", "`--into`", "expected one argument"),
        ("one two", "`two`", "quotes"),
        ("'open", "`'open`", "closing quotation"),
    ],
)
def test_a_bad_word_is_named_on_one_line_with_the_way_out(line: str, word: str, way_out: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(line)
    text = str(raised.value)
    assert word in text
    assert way_out in text
    assert "\n" not in text


@pytest.mark.parametrize("line", ["", "sideways", "on off"])
def test_a_mode_is_one_of_three_words(line: str) -> None:
    with pytest.raises(UsageError):
        read_line(ModeOptions, line, "%tailgana_profile")


@pytest.mark.parametrize("line", ["", "page.pdf", "no/such/page.html"])
def test_a_report_wants_a_page_in_a_folder(line: str) -> None:
    with pytest.raises(UsageError):
        read_line(ReportOptions, line, "%tailgana_report")


def test_the_help_of_save_names_every_format() -> None:
    text = describe_options(ProfileOptions)
    assert [known.suffix for known in FORMATS if known.suffix not in text] == []
