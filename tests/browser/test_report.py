"""One report of profiles, baselines and caches, opened from disk: whole, offline, and drawn when it is scrolled to."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tailgana_lab.reporting.report import save_report
from tests.browser.conftest import Visitor
from tests.browser.pages import overlaps, painted, settle, wider_than
from tests.factories import make_profile
from tests.specimens import (
    make_advice,
    make_baseline,
    make_comparison,
    make_empty_advice,
    make_history,
    make_performance,
    make_report,
)

LONG = "simplify_the_orders_of_every_shop_in_every_country_" * 5
N_RESULTS = 9


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All kinds of results, the caches last."""
    results: list[Any] = [
        *(make_profile(2_000, name="orders"), make_baseline(), make_performance(), make_comparison(), make_report()),
        *(make_history(), make_advice(), make_advice(name=LONG, reachable=False), make_empty_advice()),
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    save_report(path, results)
    return path


def scroll_through(page: Page) -> None:
    """Look at every section, so that all are drawn."""
    for section in page.locator("section[data-tgl-result]").all():
        section.evaluate("section => section.scrollIntoView()")
        section.locator(".tgl").first.wait_for()
    settle(page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 400)])
def test_all_workflows_are_drawn_offline(
    visitor: Visitor, saved: Path, artefacts: Path, scheme: str, width: int
) -> None:
    page = visitor.page(width=width, scheme=scheme)
    page.goto(saved.as_uri())
    painted(page.locator(".tgl").first)
    scroll_through(page)
    page.screenshot(path=artefacts / f"report-all-{scheme}-{width}.png", full_page=True)
    panels = page.locator(".tgl")
    expect(panels).to_have_count(N_RESULTS)
    expect(page.locator(".tgl-static")).to_have_count(0)
    for panel in panels.all():
        assert overlaps(panel) == []
        assert wider_than(panel) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (visitor.outside, visitor.errors) == ([], [])


def test_what_is_far_away_is_drawn_when_it_is_scrolled_to(visitor: Visitor, saved: Path) -> None:
    page = visitor.page()
    page.goto(saved.as_uri())
    last = page.locator("section[data-tgl-result]").last
    painted(page.locator(".tgl").first)
    expect(last.locator(".tgl-static")).to_have_count(1)
    expect(last.locator(".tgl")).to_have_count(0)
    last.evaluate("section => section.scrollIntoView()")
    expect(last.locator(".tgl")).to_have_count(1)
    expect(last.locator(".tgl-static")).to_have_count(0)


def test_all_is_drawn_before_printing(visitor: Visitor, saved: Path) -> None:
    page = visitor.page()
    page.goto(saved.as_uri())
    painted(page.locator(".tgl").first)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".tgl")).to_have_count(N_RESULTS)


def test_a_link_leads_to_a_panel(visitor: Visitor, saved: Path) -> None:
    page = visitor.page()
    page.goto(saved.as_uri())
    page.get_by_role("link", name="Cache simplify", exact=True).first.click()
    panel = page.locator("section[data-tgl-result='6'] .tgl")
    expect(panel).to_be_in_viewport()
    expect(panel).to_contain_text("Advised:")


def test_the_slider_moves_the_point_without_a_kernel(visitor: Visitor, saved: Path) -> None:
    page = visitor.page()
    page.goto(saved.as_uri())
    section = page.locator("section[data-tgl-result='6']")
    section.evaluate("section => section.scrollIntoView()")
    point = section.locator("[data-tgl-chosen]")
    before = point.get_attribute("cx")
    section.get_by_role("slider", name="Capacity").press("Home")
    assert point.get_attribute("cx") != before
    expect(section.get_by_role("button", name="Apply")).to_have_count(0)


def test_curves_can_be_read_without_scripts(visitor: Visitor, saved: Path, artefacts: Path) -> None:
    page = visitor.page(scripts=False)
    page.goto(saved.as_uri())
    section = page.locator("section[data-tgl-result='6']")
    expect(section.locator("path.tgls-curve")).to_have_count(12)
    expect(section.locator("table")).to_contain_text("W-TinyLFU")
    section.screenshot(path=artefacts / "report-cache-static.png")
