"""The cache panel in a real JupyterLab: a choice on the curves changes the cache that runs, and the kernel says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visitor
from tests.browser.lab import LabServer, Notebook
from tests.browser.pages import overlaps, settle, wider_than

ROOT = Path(__file__).resolve().parents[2]
LOAD = f"""%load_ext tailgana_lab
import sys
sys.path.insert(0, {str(ROOT)!r})
import random, threading
import tailgana_lab as tgl
from tests.specimens import make_advice, make_empty_advice, make_live_advice"""
CACHED = """@tgl.cached(capacity=20, policy="fifo", name="price")
def price(order):
    return order * 2

def ask(n):
    draw = random.Random(7)
    for _ in range(n):
        price(int(draw.paretovariate(0.8)) % 3000)

ask(20_000)"""
SHOW = "%tailgana_cache price"
LIST = "%tailgana_cache"
LONG = "price_the_orders_of_every_shop_in_every_country_" * 6
LAST = 2  # the cell that shows a panel


@pytest.fixture(scope="module")
def book(visitor: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A notebook with a cached function that was used."""
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        book = Notebook(server, visitor.page(), [LOAD, CACHED, SHOW])
        book.run(0)
        yield book
        book.page.close()


@pytest.fixture
def panel(book: Notebook) -> Locator:
    """The panel of that cache, freshly made."""
    book.run(1)
    return book.show(LAST, SHOW)


def capacity_of(book: Notebook) -> int:
    n: int = book.value("price.cache_info().maxsize")
    return n


def chosen_place(panel: Locator) -> str:
    place: str = panel.locator("[data-tgl-chosen]").evaluate("mark => mark.getAttribute('cx')")
    return place


def test_curves_of_all_policies_stand_with_the_limit_and_the_advice(panel: Locator) -> None:
    expect(panel.locator("path.tgl-curve")).to_have_count(11)
    expect(panel.locator("path.tgl-curve-limit")).to_have_count(1)
    expect(panel).to_contain_text("Advised:")
    expect(panel.locator("[data-tgl-now]")).to_have_count(1)


def test_the_slider_moves_the_point_and_the_figures(panel: Locator) -> None:
    slider, at = panel.get_by_role("slider", name="Capacity"), panel.locator(".tgl-at")
    slider.fill("0")
    first, words = chosen_place(panel), at.inner_text()
    assert first == "0%"
    slider.press("ArrowRight")
    assert chosen_place(panel) != first
    assert at.inner_text() != words


def test_apply_changes_the_running_cache_and_undo_changes_it_back(book: Notebook, panel: Locator) -> None:
    panel.get_by_role("button", name="S3-FIFO").click()
    slider = panel.get_by_role("slider", name="Capacity")
    slider.press("End")
    entries = int(panel.locator(".tgl-at").inner_text().split()[0].replace(",", ""))
    panel.get_by_role("button", name="Apply").click()
    expect(panel.get_by_role("status")).to_contain_text(f"S3-FIFO, {entries:,} entries")
    assert capacity_of(book) == entries
    assert book.value("price.policy") == "s3fifo"
    panel.get_by_role("button", name="Undo").click()
    expect(panel.get_by_role("status")).to_contain_text("FIFO, 20 entries")
    assert (capacity_of(book), book.value("price.policy")) == (20, "fifo")
    expect(panel.get_by_role("button", name="Undo")).to_be_disabled()


def test_keys_in_the_picture_choose_and_apply_and_stay_out_of_the_notebook(book: Notebook, panel: Locator) -> None:
    picture = panel.get_by_role("application")
    picture.focus()
    state = book.state
    for key in ("Home", "ArrowRight", "ArrowDown", "Escape", "End", "Enter"):
        picture.press(key)
    entries = int(panel.locator(".tgl-at").inner_text().split()[0].replace(",", ""))
    expect(panel.get_by_role("status")).to_contain_text(f"{entries:,} entries")
    assert capacity_of(book) == entries
    assert book.state == state


def test_figures_follow_the_cache_while_a_cell_runs(book: Notebook, panel: Locator) -> None:
    requests = panel.locator("[data-tgl-live=requests]")
    before = requests.inner_text()
    book.page.evaluate(
        """code => {
          const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
          window.running = kernel.requestExecute({code, store_history: false});
        }""",
        "go_on = threading.Event()\nask(500)\nassert go_on.wait(20)",
    )
    expect(requests).not_to_have_text(before)
    # Another kernel thread ends the cell: the shell is busy until then.
    after = requests.inner_text()
    assert after != before
    book.page.evaluate("""async () => {
      const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
      await kernel.interrupt();
      await window.running.done.catch(() => undefined);
    }""")


def test_nobody_watches_once_the_panel_is_gone(book: Notebook, panel: Locator) -> None:
    watchers = "[t.name for t in threading.enumerate() if t.name == 'tailgana watcher']"
    book.wait_until(watchers)
    book.run(LAST, "None")
    book.wait_until(f"not {watchers}")


def test_what_the_kernel_refuses_is_shown(book: Notebook, panel: Locator) -> None:
    book.value("setattr(price, 'resize', None)")
    slider = panel.get_by_role("slider", name="Capacity")
    slider.press("End")
    panel.get_by_role("button", name="Apply").click()
    expect(panel.get_by_role("alert")).to_contain_text("TypeError")
    expect(panel.get_by_role("button", name="Apply")).to_be_enabled()


def test_looking_again_replays_what_was_asked_since(book: Notebook, panel: Locator) -> None:
    before = book.value("len(price.trace())")
    facts = panel.locator("dl").first
    expect(facts).to_contain_text(f"{before:,}")
    book.value("ask(5_000)")
    panel.get_by_role("button", name="Look again").click()
    expect(facts).to_contain_text(f"{before + 5_000:,}")


def test_the_list_opens_the_panel_of_the_cache_that_is_picked(book: Notebook, artefacts: Path) -> None:
    book.run(1)
    panel = book.show(LAST, LIST)
    row = panel.get_by_role("row").filter(has_text="price")
    expect(row.first).to_contain_text("%")
    panel.get_by_role("button", name="price").first.click()
    expect(panel).to_contain_text("Advised:")
    panel.evaluate("panel => panel.scrollIntoView()")
    settle(book.page)
    book.page.screenshot(path=artefacts / "caches-list.png")
    assert overlaps(panel) == []


@pytest.mark.parametrize("width", [1280, 560, 330])
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_nothing_overlaps_or_sticks_out(book: Notebook, artefacts: Path, theme: str, width: int) -> None:
    book.use_theme(theme)
    book.resize(width, 1150)
    try:
        book.run(1)
        panel = book.show(LAST, SHOW)
        panel.evaluate("panel => panel.scrollIntoView()")
        settle(book.page)
        book.page.screenshot(path=artefacts / f"cache-{theme.lower()}-{width}.png")
        expect(panel).to_have_attribute("data-tgl-theme", theme.lower())
        assert overlaps(panel) == []
        assert wider_than(panel) == []
    finally:
        book.resize(1280)
        book.use_theme("Light")


@pytest.mark.parametrize(
    ("name", "source", "text"),
    [
        ("long", f"make_live_advice(name={LONG!r}, reachable=False, notes=[{LONG!r}])", "price_the_orders"),
        ("empty", "make_empty_advice()", "No request has been recorded yet"),
        ("trace", "make_advice(name='', old=None, old_hit_fraction=float('nan'))", "Cache for a trace"),
    ],
)
def test_long_names_and_no_data_have_their_place(
    book: Notebook, artefacts: Path, name: str, source: str, text: str
) -> None:
    panel = book.show(LAST, f"w = {source}.to_widget()\nw")
    expect(panel).to_contain_text(text)
    panel.evaluate("panel => panel.scrollIntoView()")
    settle(book.page)
    book.page.screenshot(path=artefacts / f"cache-{name}.png")
    assert overlaps(panel) == []
    assert wider_than(panel) == []


def test_nothing_outside_this_machine_is_asked_for(visitor: Visitor, panel: Locator) -> None:
    assert visitor.outside == []
    assert visitor.errors == []
