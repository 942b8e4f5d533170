import json
from hashlib import sha256

import pytest

from tests.sessions import FakeSession

MAGIC = "%%tailgana_profile"
OWN = "application/vnd.tailgana.profile+json"


def test_the_cell_runs_once_and_its_value_comes_before_the_profile(book) -> None:
    book.must("n_runs = 0")
    ran = book.must(f"{MAGIC} first\nn_runs += 1\nn_runs")
    assert book["n_runs"] == 1
    assert ran.stdout.startswith("Out[")
    assert len(ran.profiles) == len(ran.bundles) == 1
    assert [profile.name for profile in book.kept] == ["first"]


def test_the_output_has_every_form_and_no_script(book) -> None:
    (bundle,) = book.must(f"{MAGIC}\nx = 1").profiles
    assert {"text/html", "text/plain", OWN} <= set(bundle)
    assert "<script" not in bundle["text/html"]
    json.dumps(bundle)


def test_the_options_reach_the_profiler_and_the_namespace(book) -> None:
    book.must(f"{MAGIC} named --into P --interval-ms 2\nx = 1")
    assert (book["P"].name, book["P"].interval_ms) == ("named", 2.0)
    assert book["P"] is book.kept[-1]


def test_top_is_the_number_of_lines_shown(book) -> None:
    few, more = (book.must(f"{MAGIC} --top {n}\nx = 1").profiles[0]["text/plain"] for n in (2, 6))
    assert len(more.splitlines()) - len(few.splitlines()) == 4


def test_quiet_shows_nothing_and_keeps_the_profile(book) -> None:
    ran = book.must(f"{MAGIC} --quiet --into P\nx = 1")
    assert (ran.bundles, ran.stdout, ran.stderr) == ([], "", "")
    assert book["P"].is_complete


def test_save_writes_the_file_and_names_are_filled_in(book, tmp_path) -> None:
    book.shell.user_ns["place"] = tmp_path / "p.collapsed"
    book.must(f"{MAGIC} --quiet --save {{place}}\nx = 1")
    assert (tmp_path / "p.collapsed").stat().st_size > 0


def test_a_file_that_cannot_be_written_is_said_on_one_line_and_the_cell_is_well(book, tmp_path) -> None:
    (tmp_path / "p.prof").mkdir()
    ran = book.must(f"{MAGIC} --quiet --into P --save {tmp_path}/p.prof\nx = 1")
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "p.prof" in ran.stderr
    assert book["P"].is_complete


@pytest.mark.parametrize(
    "line", ["--no-such-option", "--interval-ms 5000", "--interval-ms 0", "--save p.docx", "--into 3x"]
)
def test_a_bad_option_is_one_line_and_the_cell_is_not_run(book, line: str) -> None:
    ran = book.run(f"{MAGIC} {line}\ntouched = 1")
    assert not ran.result.success
    assert len(ran.stderr.strip().splitlines()) == 1
    assert line.split()[-1].removeprefix("p.") in ran.stderr
    assert ran.stdout == ""
    assert "touched" not in book.shell.user_ns


@pytest.mark.parametrize("body", ["", "\n  \n"])
def test_an_empty_cell_is_one_line(book, body: str) -> None:
    ran = book.run(f"{MAGIC}\n{body}")
    assert len((ran.stderr + ran.stdout).strip().splitlines()) == 1
    assert book.kept == ()


def test_a_cell_of_comments_is_profiled_to_its_end(book) -> None:
    book.must(f"{MAGIC} --into P\n# nothing to do")
    assert book["P"].is_complete


ERRORS = {
    "an exception": "x = 1\ndef deep():\n    return x / 0\ndeep()",
    "a syntax error": "x = 1\ny = = 2",
    "an exception with a cause": "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('bad') from e",
    "a group of exceptions": "raise ExceptionGroup('g', [ValueError(1), KeyError(2)])",
    "a name error": "no_such_name",
    "an indentation error": "if 1:\nx = 1",
    "an await of nothing": "await 1",
    "blank lines first": "\n\n1 / 0",
}


@pytest.mark.parametrize("body", ERRORS.values(), ids=ERRORS)
def test_an_error_is_shown_as_without_the_magic_one_line_further_down(book, body: str) -> None:
    plain, ours = book.run(f"# a comment\n{body}"), book.run(f"{MAGIC} --quiet\n{body}")

    def shown(ran):
        text = ran.stdout + ran.stderr
        for count in range(book.shell.execution_count):
            text = text.replace(f"In[{count}]", "In[n]").replace(f"ipython-input-{count}-", "ipython-input-n-")
        return [
            line.replace(f"# {MAGIC} --quiet", "# a comment")
            for line in text.splitlines()
            if "ipython-input" not in line
        ]

    assert shown(ours) == shown(plain)
    assert type(ours.result.error_in_exec) is type(plain.result.error_in_exec)
    assert "tailgana_lab" not in ours.stdout + ours.stderr


def test_what_came_before_an_error_is_kept_and_profiled(book) -> None:
    ran = book.run(f"{MAGIC} --into P\nmade = 'before'\n1 / 0")
    assert isinstance(ran.result.error_in_exec, ZeroDivisionError)
    assert book["made"] == "before"
    assert book["P"].is_complete
    assert len(ran.profiles) == 1


def test_an_interrupt_ends_the_profile_and_the_next_one_works(book) -> None:
    ran = book.run(f"{MAGIC} --quiet --into P\nmade = 1\nraise KeyboardInterrupt\nmade = 2")
    assert isinstance(ran.result.error_in_exec, KeyboardInterrupt)
    assert (book["P"].is_complete, book["made"]) == (True, 1)
    assert book.must(f"{MAGIC}\nx = 1").profiles


def test_top_level_await_runs_with_imports_from_the_future_too(book) -> None:
    imports = "from __future__ import annotations\nimport asyncio"
    book.must(f"{MAGIC} --quiet --into P\n{imports}\nawait asyncio.sleep(0)\nslept = 1")
    assert book["slept"] == 1
    assert book["P"].is_complete


def test_names_of_ours_do_not_appear_in_the_namespace(book) -> None:
    before = set(book.shell.user_ns)
    book.must(f"{MAGIC} --quiet\nmine = 1")
    new = {name for name in set(book.shell.user_ns) - before if not name.startswith("_")}
    assert new == {"mine"}


def test_functions_of_the_cell_see_the_namespace_and_belong_to_main(book) -> None:
    book.must("answer = 42")
    book.must(f"{MAGIC} --quiet\nclass Later:\n    def get(self):\n        return answer\nlater = Later().get()")
    assert book["later"] == 42
    assert book["Later"].__module__ == "__main__"


def test_a_semicolon_hides_the_value(book) -> None:
    assert "5" not in book.must(f"{MAGIC} --quiet\n5;").stdout


def test_line_magics_and_shell_lines_work_inside(book, capfd) -> None:
    book.must(f"{MAGIC} --quiet\nplace = %pwd\nlisted = !echo from-a-shell")
    assert book["listed"] == ["from-a-shell"]
    assert book["place"]


def test_under_capture_the_output_is_captured(book) -> None:
    ran = book.must(f"%%capture held\n{MAGIC} --into N\nprint('inside')\nx = 1")
    assert ran.bundles == []
    assert book["held"].stdout == "inside\n"
    assert len(book["held"].outputs) == 1
    assert book["N"].is_complete


@pytest.mark.parametrize("order", ["%%time\n{magic}\nx = 7\nx", "{magic}\n%%time\nx = 7\nx"])
def test_over_and_under_time_the_cell_runs_and_the_time_is_printed(book, order: str) -> None:
    ran = book.must(order.format(magic=f"{MAGIC} --quiet --into P"))
    assert "Wall time" in ran.stdout
    assert book["x"] == 7
    assert book["P"].is_complete


def test_under_timeit_the_whole_is_one_profile(book) -> None:
    book.must(f"%%timeit -n 3 -r 2\n{MAGIC} --quiet\nx = 7")
    assert len(book.kept) == 1


def test_a_second_magic_on_the_same_cell_is_refused_in_one_line(book) -> None:
    ran = book.run(f"{MAGIC} --quiet\n{MAGIC} --into Q\nx = 1")
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "one `%%tailgana_profile` is enough" in ran.stderr


CALL = "get_ipython().run_cell_magic('tailgana_profile', {line!r}, {body!r})"


def test_called_by_code_it_runs_the_cell_and_shows_value_and_profile(book) -> None:
    ran = book.must("if True:\n    " + CALL.format(line="--into P", body="inner = 3\ninner"))
    assert book["inner"] == 3
    assert book["P"].is_complete
    assert len(ran.profiles) == 1


def test_called_by_code_an_error_passes_without_frames_of_ours(book) -> None:
    ran = book.run("if True:\n    " + CALL.format(line="--into P --quiet", body="def f():\n    1 / 0\nf()"))
    assert isinstance(ran.result.error_in_exec, ZeroDivisionError)
    assert "tailgana_lab" not in ran.stdout
    assert book["P"].is_complete


def test_called_by_code_a_syntax_error_passes_and_nothing_is_profiled(book) -> None:
    ran = book.run("if True:\n    " + CALL.format(line="", body="y = = 2"))
    assert isinstance(ran.result.error_in_exec, SyntaxError)
    assert book.kept == ()


def test_re_entered_it_says_so_in_one_line_and_the_outer_profile_ends(book) -> None:
    ran = book.run(f"{MAGIC} --quiet --into P\nmark = 'outer'\n" + CALL.format(line="--quiet", body="mark = 'inner'"))
    assert len(ran.stderr.strip().splitlines()) == 1
    assert book["mark"] == "outer"
    assert book["P"].is_complete
    assert book.must(f"{MAGIC}\nx = 1").profiles


def test_a_silent_cell_runs_without_a_profile(book) -> None:
    book.run(f"{MAGIC}\nquietly = 1", silent=True)
    assert book["quietly"] == 1
    assert book.kept == ()


def test_a_cell_without_history_is_profiled_when_it_says_so(book) -> None:
    assert book.run(f"{MAGIC}\nx = 1", history=False).profiles


def test_a_profile_left_by_a_lost_cell_is_ended_at_the_next_one(book) -> None:
    magics = book.shell.magics_manager.registry["ProfileMagics"]
    book.must(f"{MAGIC} --quiet\nx = 1")
    magics.cells.start(type("Info", (), {"raw_cell": "lost"})())
    magics.begin("--quiet")
    assert len(FakeSession.running) == 1
    assert book.must(f"{MAGIC}\nx = 1").profiles


def test_status_is_off_at_first_and_tells(book) -> None:
    assert " off" in book.must("%tailgana_profile status").stdout
    assert " on" in book.must("%tailgana_profile on").stdout
    said = book.must("%tailgana_profile status").stdout
    assert " on" in said
    assert "off" not in said


def test_on_profiles_every_cell_and_off_ends_it(book) -> None:
    book.must("%tailgana_profile on")
    ran = book.must("late = 3\nlate")
    assert len(ran.profiles) == 1
    assert ran.bundles[-1] is ran.profiles[0]
    book.must("%tailgana_profile off")
    assert book.must("late = 4").bundles == []


@pytest.mark.parametrize("word", ["sideways", ""])
def test_an_unknown_mode_is_named_in_one_line(book, word: str) -> None:
    ran = book.run(f"%tailgana_profile {word}")
    assert not ran.result.success
    assert len(ran.stderr.strip().splitlines()) == 1
    assert word in ran.stderr


def test_on_shows_an_error_once(book) -> None:
    book.must("%tailgana_profile on")
    ran = book.run("1 / 0")
    assert ran.stdout.count("ZeroDivisionError: division by zero") == 1
    assert "tailgana_lab" not in ran.stdout
    assert len(ran.profiles) == 1


def test_on_a_cell_with_its_own_magic_is_profiled_once_by_that(book) -> None:
    book.must("%tailgana_profile on")
    ran = book.must(f"{MAGIC} own\nx = 1")
    assert len(ran.profiles) == 1
    assert [profile.name for profile in book.kept] == ["own"]


def test_on_leaves_silent_cells_and_cells_without_history_alone(book) -> None:
    book.must("%tailgana_profile on")
    assert book.run("x = 1", history=False).bundles == []
    book.run("x = 1", silent=True)
    assert book.kept == ()


def test_on_a_cell_that_says_off_is_not_shown(book) -> None:
    book.must("%tailgana_profile on")
    assert book.must("x = 1\n%tailgana_profile off").bundles == []


def test_on_while_another_profile_runs_the_cell_runs_and_one_line_says_why(book) -> None:
    book.must("%tailgana_profile on")
    other = FakeSession("other")
    other.start()
    ran = book.must("x = 9")
    other.stop()
    assert book["x"] == 9
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_profile_as_last_value_is_displayed_likewise(book) -> None:
    book.must(f"{MAGIC} --quiet --into P\nx = 1")
    (bundle,) = book.must("from IPython.display import display\ndisplay(P)").profiles
    assert {OWN, "text/html", "text/plain"} <= set(bundle)


def test_the_report_magic_writes_the_page_and_returns_its_path(book, tmp_path) -> None:
    book.must(f"{MAGIC} shown --quiet\nx = 1")
    book.must(f"written = %tailgana_report {tmp_path}/r.html")
    assert book["written"] == f"{tmp_path}/r.html"
    assert "shown" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("path", ["", "page.pdf", "r.html"])
def test_a_report_that_cannot_be_is_refused_in_one_line(book, tmp_path, path: str, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = book.run(f"%tailgana_report {path}")
    assert not ran.result.success
    assert len(ran.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("magic", ["tailgana_profile", "tailgana_report"])
def test_help_names_every_option(book, magic: str) -> None:
    text = book.shell.object_inspect(f"%{magic}")["docstring"]
    words = "--interval-ms --memory --top --into --save --snakeviz --quiet on off status".split()
    assert [word for word in (words if magic == "tailgana_profile" else ["PATH"]) if word not in text] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%tailgana_pro", "%tailgana_profile"),
        ("%%tailgana_profile --in", "--interval-ms"),
        ("%%tailgana_profile --into P --q", "--quiet"),
        ("%tailgana_profile s", "status"),
    ],
)
def test_magics_and_their_options_complete(book, line: str, found: str) -> None:
    assert found in book.complete(line)


def test_unload_takes_everything_out(book) -> None:
    shell = book.shell
    before = (len(shell.input_transformers_post), len(shell.events.callbacks["pre_run_cell"]))
    book.must("%unload_ext tailgana_lab")
    after = (len(shell.input_transformers_post), len(shell.events.callbacks["pre_run_cell"]))
    assert after == (before[0] - 1, before[1] - 1)
    assert "ProfileMagics" not in shell.magics_manager.registry
    assert not book.run(f"{MAGIC}\nx = 1").result.success
    book.must("%load_ext tailgana_lab")
    assert book.must(f"{MAGIC}\nx = 1").profiles


def test_loaded_twice_it_profiles_once(book) -> None:
    book.must("%reload_ext tailgana_lab")
    assert len(book.must(f"{MAGIC}\nx = 1").profiles) == 1
    assert len(book.kept) == 1


def test_unloading_within_a_profiled_cell_ends_the_profile(book) -> None:
    book.must(f"{MAGIC}\n%unload_ext tailgana_lab\nx = 1")
    assert FakeSession.running == []
    book.must("%load_ext tailgana_lab")


@pytest.mark.parametrize("way", ["magic", "mode", "call"])
def test_the_profile_knows_its_cell_and_the_file_of_its_code(book, way: str) -> None:
    body = "def f():\n    pass"
    if way == "mode":
        book.must("%tailgana_profile on")
    cells = {"magic": f"{MAGIC} --quiet\n{body}", "mode": body, "call": f"if 1:\n    {CALL.format(line='', body=body)}"}
    book.must(cells[way])
    cell = book.kept[-1].cell
    text = body if way == "call" else cells[way]
    assert cell["file"] == book["f"].__code__.co_filename
    assert cell["source_hash"] == sha256(text.encode()).hexdigest()


def test_snakeviz_shows_its_own_page_after_the_profile(book) -> None:
    profile, page = book.must(f"{MAGIC} --snakeviz\nx = 1").bundles
    assert OWN in profile
    assert "<iframe" in page["text/html"]
