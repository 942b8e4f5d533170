"""The book of operations: what may be added, how it is found, and how its errors are named."""

import asyncio
from functools import partial

import pytest

from tailgana_lab.errors import InvalidRequestError, LabError, WorkloadError
from tailgana_lab.measure.operations import OperationBook, recipe_of, workload_of

SIX = ["memory_store", "memory_search", "pattern_match", "file_io", "cache_lookup", "event_emission"]


@pytest.fixture
def book() -> OperationBook:
    return OperationBook()


def names_of(operations: list) -> list[str]:
    return [each.name for each in operations]


def test_the_six_stand_first_and_in_their_order(book: OperationBook) -> None:
    book.add("mine", int)
    assert list(book.names) == [*SIX, "mine"]
    assert names_of(book.chosen(None)) == SIX


def test_an_operation_is_added_by_decorator_under_its_own_name_or_another(book: OperationBook) -> None:
    @book.decorate
    def plain() -> int:
        return 1

    @book.decorate("other")
    def named() -> int:
        return 2

    assert (plain(), named()) == (1, 2)
    with book.get("plain").running() as recipe:
        assert recipe.call is plain
    with book.get("other").running() as recipe:
        assert recipe.call is named


def test_the_same_name_again_replaces_it(book: OperationBook) -> None:
    book.add("mine", int)
    book.add("mine", str)
    assert book.get("mine").implementation == "builtins.str"


@pytest.mark.parametrize("name", ["memory_store", "standard", "full"])
def test_names_of_the_lab_are_taken(book: OperationBook, name: str) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        book.add(name, int)


def test_what_wants_arguments_is_refused(book: OperationBook) -> None:
    with pytest.raises(InvalidRequestError, match="`rows`"):
        book.add("mine", lambda rows: rows)  # type: ignore[misc, arg-type]
    book.add("with default", lambda rows=(): rows)  # type: ignore[misc]
    book.add("partial", partial(sorted, [2, 1]))


def test_what_cannot_be_called_is_refused(book: OperationBook) -> None:
    with pytest.raises(InvalidRequestError, match="`int`"):
        book.add("mine", 3)  # type: ignore[arg-type]


def test_an_unknown_name_lists_those_that_there_are(book: OperationBook) -> None:
    with pytest.raises(InvalidRequestError, match=r"`levitation` is no operation: there are memory_store, .*"):
        book.get("levitation")
    with pytest.raises(InvalidRequestError, match="did you mean `cache_lookup`"):
        book.get("cache_lockup")


def test_an_empty_choice_is_refused(book: OperationBook) -> None:
    with pytest.raises(InvalidRequestError, match="empty"):
        book.chosen([])


def test_a_text_in_the_place_of_a_list_is_refused(book: OperationBook) -> None:
    with pytest.raises(InvalidRequestError, match="list of names"):
        book.chosen("file_io")


def test_each_is_chosen_once(book: OperationBook) -> None:
    assert names_of(book.chosen(["file_io", "file_io"])) == ["file_io"]


def test_a_type_is_an_operation_or_a_group(book: OperationBook) -> None:
    book.add("mine", int)
    assert names_of(book.of_type("mine")) == ["mine"]
    assert names_of(book.of_type("standard")) == names_of(book.of_type("full")) == SIX
    assert names_of(book.of_type("memory")) == ["memory_store", "memory_search"]


def test_a_workload_is_named_by_its_operations(book: OperationBook) -> None:
    assert workload_of(book.chosen(SIX)) == "standard"
    assert workload_of(book.chosen(["file_io", "cache_lookup"])) == "file_io+cache_lookup"


def test_what_an_operation_raises_names_it(book: OperationBook) -> None:
    operation = book.add("broken", int)
    with (
        pytest.raises(WorkloadError, match=r"^operation `broken` raised ValueError: no rows left$") as raised,
        operation.running(),
    ):
        raise ValueError("no rows\nleft")
    assert isinstance(raised.value.__cause__, ValueError)
    with pytest.raises(WorkloadError, match=r"^operation `broken` raised KeyError: 'k'$"), operation.running():
        raise WorkloadError.of(KeyError("k"))


def test_errors_of_the_lab_stay_themselves(book: OperationBook) -> None:
    with pytest.raises(LabError, match=r"^full disk$"), book.add("mine", int).running():
        raise LabError("full disk")


def test_async_functions_and_objects_are_known_as_such() -> None:
    async def work() -> None:
        """Nothing."""

    class Work:
        async def __call__(self) -> None:
            """Nothing."""

    assert [recipe_of(call).is_async for call in (work, partial(work), Work(), int)] == [True, True, True, False]
    asyncio.run(work())
