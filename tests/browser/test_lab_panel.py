"""The panel in a real JupyterLab: a profiled cell, flame graph, search, keys, and the choice that reaches Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visitor
from tests.browser.lab import LabServer, Notebook
from tests.browser.pages import (
    colours,
    overlaps,
    painted,
    picture,
    settle,
    wait_for_change,
    wait_for_picture,
    wider_than,
)

ROOT = Path(__file__).resolve().parents[2]
LOAD = f"""%load_ext tailgana_lab
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.factories import make_profile
outside = []
def witness(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple) and not args[1][0].startswith(("127.", "::1")):
        outside.append(args[1][0])
sys.addaudithook(witness)"""
CELL = """%%tailgana_profile orders --into p
import json, time
def parse(rows):
    return [json.loads('{"id": %d, "price": 1.5}' % row) for row in range(rows)]
def price(orders):
    return sum(order["price"] * tax for order in orders for tax in range(20))
def wait_for_stock():
    time.sleep(0.1)
end = time.process_time() + 0.6
while time.process_time() < end:
    total = price(parse(2000))
wait_for_stock()"""
SHOW = "w = p.to_widget()\nw"
LONG = "parse_the_orders_of_every_shop_in_every_country_" * 6
TABS = ["Hot lines", "Functions", "Threads", "Bottlenecks"]
LAST = 2  # the cell that shows a panel


@pytest.fixture(scope="module")
def book(visitor: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A notebook in which a cell was profiled."""
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        book = Notebook(server, visitor.page(), [LOAD, CELL, SHOW])
        book.run(0)
        book.run(1)
        yield book
        book.page.close()


@pytest.fixture
def panel(book: Notebook) -> Locator:
    """The panel of that profile, freshly shown."""
    return book.show(LAST, SHOW)


@pytest.fixture
def canvas(panel: Locator) -> Locator:
    """Its flame graph, drawn."""
    return painted(panel)


def active_item(panel: Locator) -> str:
    """What the flame graph says is at the keyboard's place."""
    label: str = panel.locator("canvas").first.evaluate(
        "c => c.querySelector('#' + c.getAttribute('aria-activedescendant')).getAttribute('aria-label')"
    )
    return label


def test_a_profiled_cell_draws_its_flame_graph(canvas: Locator) -> None:
    assert colours(canvas) >= 4


def test_the_hot_function_stands_in_the_first_table(panel: Locator) -> None:
    rows = panel.get_by_role("tabpanel").get_by_role("row")
    expect(rows.filter(has_text="json.loads(").first).to_be_visible()
    expect(rows.filter(has_text='order["price"]').first).to_contain_text("%")


def test_search_marks_frames_and_tells_their_share(panel: Locator, canvas: Locator) -> None:
    before = picture(canvas)
    panel.locator("input[type=search]").fill("price")
    found = wait_for_change(canvas, before)
    expect(panel.get_by_role("status")).to_contain_text("% of the time in")
    panel.locator("input[type=search]").fill("no such name")
    wait_for_change(canvas, found)
    expect(panel.get_by_role("status")).to_have_text("no frame matches")
    panel.locator("input[type=search]").fill("")
    wait_for_picture(canvas, before)


def test_typing_in_the_search_stays_out_of_the_notebook(book: Notebook, panel: Locator, canvas: Locator) -> None:
    state = book.state
    box = panel.locator("input[type=search]")
    box.click()
    focused = book.state
    box.press_sequentially("abddx")
    box.press("Escape")
    expect(box).to_have_value("")
    assert book.state == focused
    assert focused["sources"] == state["sources"]


def test_keys_move_zoom_and_return_within_the_graph(book: Notebook, panel: Locator, canvas: Locator) -> None:
    canvas.focus()
    state, whole = book.state, active_item(panel)
    book.page.keyboard.press("ArrowDown")
    book.page.keyboard.press("ArrowDown")
    assert active_item(panel) != whole
    moved = picture(canvas)
    book.page.keyboard.press("ArrowDown")
    moved = wait_for_change(canvas, moved)
    book.page.keyboard.press("Enter")
    wait_for_change(canvas, moved)
    trail = panel.get_by_role("navigation", name="Frames above")
    expect(trail).to_be_visible()
    book.page.keyboard.press("Escape")
    expect(trail).to_be_hidden()
    assert book.state == state


def test_a_clicked_frame_reaches_python(book: Notebook, panel: Locator, canvas: Locator) -> None:
    assert book.value("w.selected") == []
    canvas.click(position={"x": 40, "y": 30})
    book.wait_until("w.selected")
    chosen = book.value("w.selected[0]")
    row = book.value("p.frames.loc[w.selected_ids[0], ['id', 'function', 'line', 'thread']].to_dict()")
    assert {name: chosen[name] for name in row} == row
    expect(panel.get_by_role("navigation", name="Frames above")).to_contain_text(chosen["thread"])


def test_a_frame_with_folded_frames_opens_in_full(book: Notebook) -> None:
    panel = book.show(LAST, "w = make_profile(30_000, n_functions=4_000).to_widget()\nw")
    canvas = painted(panel)
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        book.page.keyboard.press(key)
    book.wait_until("w.window")
    assert book.value("w.window['id'] == w.selected_ids[0]")
    assert book.value("w.window['strings'] != w.payload['strings']")
    expect(panel.get_by_role("alert")).to_have_count(0)
    named = active_item(panel).split(",")[0]
    assert named == book.value("w.selected[0]['function']")


def test_the_panel_follows_the_theme(book: Notebook, panel: Locator, canvas: Locator, artefacts: Path) -> None:
    light = picture(canvas)
    panel.evaluate("panel => panel.scrollIntoView()")
    settle(book.page)
    book.page.screenshot(path=artefacts / "panel-light.png")
    book.use_theme("Dark")
    try:
        wait_for_change(canvas, light)
        expect(panel).to_have_attribute("data-tgl-theme", "dark")
        settle(book.page)
        book.page.screenshot(path=artefacts / "panel-dark.png")
    finally:
        book.use_theme("Light")
    wait_for_picture(canvas, light)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("width", [1280, 560, 330])
def test_nothing_overlaps_or_sticks_out(book: Notebook, panel: Locator, artefacts: Path, width: int, tab: str) -> None:
    book.resize(width)
    try:
        painted(panel)
        panel.get_by_role("tab", name=tab).click()
        panel.evaluate("panel => panel.scrollIntoView()")
        settle(book.page)
        book.page.screenshot(path=artefacts / f"panel-{width}-{tab.lower().replace(' ', '-')}.png")
        assert overlaps(panel) == []
        assert wider_than(panel) == []
    finally:
        book.resize(1280)


def test_long_names_are_cut_and_overlap_nothing(book: Notebook, artefacts: Path) -> None:
    source = f"w = make_profile(300, names=[{LONG!r} + str(k) for k in range(12)], name={LONG!r}).to_widget()\nw"
    panel = book.show(LAST, source)
    painted(panel)
    panel.evaluate("panel => panel.scrollIntoView()")
    settle(book.page)
    book.page.screenshot(path=artefacts / "panel-long-names.png")
    assert overlaps(panel) == []
    assert wider_than(panel) == []


def test_a_profile_without_samples_says_so(book: Notebook, artefacts: Path) -> None:
    panel = book.show(LAST, "w = make_profile(0, duration_s=0.0004, n_samples=0, sampler_cpu_s=1e-6).to_widget()\nw")
    expect(panel).to_contain_text("No sample fell into this cell")
    settle(book.page)
    panel.screenshot(path=artefacts / "panel-empty.png")
    assert overlaps(panel) == []


def test_nothing_outside_this_machine_is_asked_for(book: Notebook, visitor: Visitor, canvas: Locator) -> None:
    assert visitor.outside == []
    assert book.value("outside") == []
    assert visitor.errors == []
