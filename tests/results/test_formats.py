"""Files of a profile: one suite for all formats, then what each of them promises."""

import json
import pstats
from collections import defaultdict
from math import isnan
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snakeviz.stats import json_stats, table_rows

from tailgana_lab.errors import InvalidRequestError, LabError
from tailgana_lab.records import Columns
from tailgana_lab.results.formats import FORMATS, Format, format_of
from tailgana_lab.results.formats.pstats import pstats_of
from tailgana_lab.results.formats.speedscope import speedscope_of
from tailgana_lab.results.profile import Profile
from tailgana_lab.results.tables import TABLES, empty_columns
from tests.factories import make_facts, make_profile

NAMES = json.loads((Path(__file__).parents[1] / "data/hostile_names.json").read_text())
LOADED = [known for known in FORMATS if known.loads]
each_format = pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.suffix)
each_loaded = pytest.mark.parametrize("known", LOADED, ids=lambda known: known.suffix)


@each_format
def test_saving_leaves_one_file(known: Format, tmp_path: Path) -> None:
    path = str(tmp_path / f"p{known.suffix}")
    assert make_profile().save(path) == path
    assert [file.name for file in tmp_path.iterdir()] == [f"p{known.suffix}"]


@each_format
def test_hostile_names_are_saved(known: Format, tmp_path: Path) -> None:
    make_profile(names=NAMES, name=NAMES[0]).save(tmp_path / f"p{known.suffix}")


@each_format
def test_a_profile_without_samples_is_saved(known: Format, tmp_path: Path) -> None:
    make_profile(0).save(tmp_path / f"p{known.suffix}")


@each_format
def test_a_failure_leaves_the_old_file_as_it_was(
    known: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"p{known.suffix}"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tailgana_lab.results.formats.replace", fail)
    with pytest.raises(LabError, match="No space left on device"):
        make_profile().save(path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@each_loaded
def test_what_is_loaded_equals_what_was_saved(known: Format, tmp_path: Path) -> None:
    saved = make_profile(names=["plain"], memory_overhead_s=float("nan"))
    saved.attach_cell("x = 1", "/tmp/cells/1.py")
    loaded = Profile.load(saved.save(tmp_path / f"p{known.suffix}"))
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(saved, table), getattr(loaded, table))
    assert isnan(loaded.memory_overhead_s)
    assert loaded.cell == saved.cell
    assert repr(loaded.facts) == repr(saved.facts)


@each_loaded
@pytest.mark.parametrize("content", [b"", b"not a profile", b"{}", b'{"kind": "profile", "v": 1}'])
def test_a_file_without_a_profile_is_refused_on_one_line(known: Format, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"p{known.suffix}"
    path.write_bytes(content)
    with pytest.raises(InvalidRequestError) as refused:
        Profile.load(path)
    assert "\n" not in str(refused.value)


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    make_profile().save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "v": 2}))
    with pytest.raises(InvalidRequestError, match="version 2, this is version 1"):
        Profile.load(path)


@pytest.mark.parametrize("name", ["p.docx", "p", "profile.speedscope"])
def test_an_unknown_suffix_is_one_line_that_names_it_and_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        make_profile().save(tmp_path / name)
    said = str(refused.value)
    assert (Path(name).suffix or name) in said
    assert all(known.suffix in said for known in FORMATS)
    assert "\n" not in said


def test_the_longer_suffix_counts() -> None:
    assert format_of("a/b.SpeedScope.json").suffix == ".speedscope.json"
    assert format_of("a/b.json").suffix == ".json"


def test_formats_that_only_write_are_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"`.prof` is only written; `.parquet` and `.json` are read back"):
        Profile.load(tmp_path / "p.prof")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"cannot read .*gone.json"):
        Profile.load(tmp_path / "gone.json")


# .prof


def test_pstats_reads_self_and_inclusive_time(tmp_path: Path) -> None:
    profile = make_profile()
    stats = pstats.Stats(profile.save(tmp_path / "p.prof")).stats  # type: ignore[attr-defined]
    functions = profile.columns("functions")
    for row, name in enumerate(functions["function"]):
        found = stats[functions["file"][row], functions["line"][row], name]
        assert found[2] == pytest.approx(functions["self_s"][row])
        assert found[3] == pytest.approx(functions["total_s"][row])


def test_a_recursion_is_counted_once() -> None:
    tree: Columns = {"parent": [-1, 0, 1, 2], "self_s": [1.0, 2.0, 3.0, 4.0], "total_s": [10.0, 9.0, 7.0, 4.0]}
    frames: Columns = {**make_profile(4, n_threads=1).columns("frames"), **tree, "function": ["a", "b", "a", "b"]}
    frames |= {"file": ["x.py"] * 4, "line": [1] * 4}
    profile = Profile(make_facts(), {"frames": frames}, empty_columns("lanes"))
    times = {place.function: row for place, row in pstats_of(profile).items()}
    assert times["a"][2:4] == (4.0, 10.0)
    assert times["b"][2:4] == (6.0, 9.0)
    callers = {place.function: row for place, row in times["b"][4].items()}
    assert callers["a"] == (1, 1, 6.0, 9.0)


def test_snakeviz_draws_every_function_with_a_caller(tmp_path: Path) -> None:
    profile = make_profile()
    stats = pstats.Stats(profile.save(tmp_path / "p.prof"))
    drawn = json_stats(stats)
    assert len(table_rows(stats)) == len(drawn)
    assert [name for name, entry in drawn.items() if not entry["callers"]] == ["~:0(<profile clean>)"]


# .speedscope.json


def test_speedscope_weights_add_up_to_each_span() -> None:
    for profile in speedscope_of(make_profile(2000))["profiles"]:
        assert sum(profile["weights"]) == profile["endValue"] - profile["startValue"]
        assert len(profile["samples"]) == len(profile["weights"])


def test_speedscope_leaves_hold_the_self_time_of_functions() -> None:
    profile = make_profile(2000)
    document = speedscope_of(profile)
    spent: defaultdict[tuple[str, str, int], float] = defaultdict(float)
    for thread in document["profiles"]:
        for stack, weight in zip(thread["samples"], thread["weights"], strict=True):
            leaf = document["shared"]["frames"][stack[-1]]
            spent[leaf["name"], leaf["file"], leaf["line"]] += weight
    functions = profile.columns("functions")
    rows = zip(functions["function"], functions["file"], functions["line"], strict=True)
    assert spent == pytest.approx(dict(zip(rows, functions["self_s"], strict=True)))


# .collapsed


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_collapsed_lines_keep_their_shape_whatever_the_names(names: list[str]) -> None:
    from io import BytesIO

    from tailgana_lab.results.formats.collapsed import write

    profile, stream = make_profile(60, names=names), BytesIO()
    write(profile, stream)
    rows = [line.rpartition(" ") for line in stream.getvalue().decode().splitlines()]
    assert all(stack and count.isdigit() and int(count) > 0 for stack, _, count in rows)
    microseconds = sum(int(count) for *_, count in rows)
    assert microseconds == pytest.approx(1e6 * profile.sampled_s, abs=60)


# .parquet, its rows replaced


def replaced(tmp_path: Path, table: pa.Table) -> Path:
    old = pq.read_schema(make_profile(5).save(tmp_path / "old.parquet"))
    path = tmp_path / "new.parquet"
    pq.write_table(table.replace_schema_metadata(old.metadata), path)
    return path


def tree_table(parent: list[int], ids: list[int] | None = None) -> pa.Table:
    n = len(parent)
    columns = {"id": ids or list(range(n)), "parent": parent, "function": [f"f{k}" for k in range(n)]}
    columns |= {"file": ["a.py"] * n, "line": [1] * n, "thread": ["MainThread"] * n}
    return pa.table({**columns, "self_s": [1.0] * n, "total_s": [1.0] * n})


def test_rows_in_another_order_are_brought_into_preorder(tmp_path: Path) -> None:
    table = tree_table([-1, 0, 0, 1, 2])
    frames = Profile.load(replaced(tmp_path, table)).columns("frames")
    assert frames["function"] == ["f0", "f1", "f3", "f2", "f4"]
    assert frames["parent"] == [-1, 0, 1, 0, 3]
    assert frames["id"] == [0, 1, 2, 3, 4]


def test_foreign_ids_and_missing_columns_are_accepted(tmp_path: Path) -> None:
    table = tree_table([-1, 70, 71], [70, 71, 72]).append_column("on_cpu_s", pa.nulls(3, pa.float64()))
    loaded = Profile.load(replaced(tmp_path, table))
    assert loaded.columns("frames")["parent"] == [-1, 0, 1]
    assert loaded.frames["on_cpu_s"].isna().all()
    assert loaded.frames["in_library"].tolist() == [False] * 3
    assert "text/html" in loaded._repr_mimebundle_()


def test_names_in_a_dictionary_are_accepted(tmp_path: Path) -> None:
    table = tree_table([-1, 0])
    coded = table.column("thread").combine_chunks().dictionary_encode()
    table = table.set_column(table.column_names.index("thread"), "thread", coded)
    assert Profile.load(replaced(tmp_path, table)).columns("frames")["thread"] == ["MainThread"] * 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (tree_table([-1, 9]), "no frame 9"),
        (tree_table([-1, 2, 1]), "their own ancestors"),
        (tree_table([-1, -1], [5, 5]), "unique ids"),
        (tree_table([-1]).drop_columns(["thread"]), "lacks the column `thread`"),
        (tree_table([-1]).set_column(4, "line", pa.array(["one"])), "column `line`"),
    ],
)
def test_rows_that_are_no_tree_are_refused(table: pa.Table, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        Profile.load(replaced(tmp_path, table))


def test_another_tools_parquet_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InvalidRequestError, match="holds no profile"):
        Profile.load(tmp_path / "other.parquet")
