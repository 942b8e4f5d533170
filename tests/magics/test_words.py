import pytest
from IPython.core.error import UsageError

from tailgana_lab.errors import InvalidRequestError
from tailgana_lab.magics.baseline import CheckOptions, SaveOptions
from tailgana_lab.magics.words import raw_words, read_expression_line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tidy clean(7)", ["tidy", "clean(7)"]),
        ("tidy clean( [1, 2], sep = ' ' )", ["tidy", "clean( [1, 2], sep = ' ' )"]),
        ("'two words' f('it\\'s  so')", ["'two words'", "f('it\\'s  so')"]),
        ("a x[{'k': (1, 2)}] + 1", ["a", "x[{'k': (1, 2)}]", "+", "1"]),
        ("", []),
    ],
)
def test_blanks_within_quotes_and_brackets_end_no_word(line: str, words: list[str]) -> None:
    assert raw_words(line) == words


@pytest.mark.parametrize("line", ["tidy clean(7", "tidy 'open", "x {"])
def test_what_is_not_closed_is_named(line: str) -> None:
    with pytest.raises(InvalidRequestError, match="has no closing"):
        raw_words(line)


def read(line: str) -> CheckOptions:
    return read_expression_line(CheckOptions, line, "%tailgana_baseline check")


@pytest.mark.parametrize(
    "line",
    [
        "tidy clean('a  b', {'k': 1}) --commit HEAD~1",
        "tidy --commit HEAD~1 clean('a  b', {'k': 1})",
        "--commit HEAD~1 tidy clean('a  b', {'k': 1})",
        "tidy clean('a  b', {'k': 1}) --commit=HEAD~1",
    ],
)
def test_an_expression_is_taken_as_it_is_written_wherever_options_stand(line: str) -> None:
    assert read(line) == CheckOptions("tidy", "clean('a  b', {'k': 1})", commit="HEAD~1")


def test_an_expression_may_begin_with_a_minus() -> None:
    assert read("tidy -f(3)").expression == "-f(3)"


def test_a_name_may_have_spaces_and_an_option_quotes() -> None:
    options = read_expression_line(SaveOptions, "'my job' f(x) --setup 'x = [3, 1]' --budget-s 2.5", "save")
    assert (options.name, options.expression, options.setup, options.budget_s) == ("my job", "f(x)", "x = [3, 1]", 2.5)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("tidy --comit x", "--comit"),
        ("", "NAME"),
        ("tidy --budget-s soon", "soon"),
        ("tidy --budget-s 0", "0"),
        ("tidy --commit", "--commit"),
    ],
)
def test_a_wrong_word_is_named_on_one_line(line: str, word: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(line)
    assert word in str(raised.value)
    assert "\n" not in str(raised.value)
