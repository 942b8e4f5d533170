"""A profile saved as one HTML file, opened from disk: it draws, stays offline, and can be read without scripts."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.pages import overlaps, painted, picture, settle, wait_for_change, wider_than
from tests.factories import make_profile

HOSTILE = json.loads((Path(__file__).parents[1] / "data/hostile_names.json").read_text())
WIDTHS = {"wide": 1280, "narrow": 560, "phone": 360}


def opened(page: Page, path: Path) -> Page:
    page.goto(path.as_uri())
    return page


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "profile.html"
    make_profile(300, name="orders").save(path)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(WIDTHS))
def test_the_page_draws_at_every_size(visitor: Visitor, saved: Path, artefacts: Path, size: str, scheme: str) -> None:
    page = opened(visitor.page(width=WIDTHS[size], scheme=scheme), saved)
    panel = page.locator(".tgl").first
    painted(panel)
    settle(page)
    page.screenshot(path=artefacts / f"page-{size}-{scheme}.png", full_page=True)
    expect(panel).to_have_attribute("data-tgl-theme", scheme)
    assert overlaps(panel) == []
    assert wider_than(panel) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_search_works_without_a_kernel(visitor: Visitor, saved: Path) -> None:
    panel = opened(visitor.page(), saved).locator(".tgl").first
    canvas = painted(panel)
    before = picture(canvas)
    panel.locator("input[type=search]").fill("step_1")
    wait_for_change(canvas, before)
    expect(panel.get_by_role("status")).to_contain_text("% of the time in")


def test_names_cannot_run_or_reach_out(visitor: Visitor, tmp_path: Path, artefacts: Path) -> None:
    path = tmp_path / "hostile.html"
    make_profile(300, names=HOSTILE, name=HOSTILE[0]).save(path)
    page = opened(visitor.page(), path)
    panel = page.locator(".tgl").first
    painted(panel)
    settle(page)
    page.screenshot(path=artefacts / "page-hostile.png", full_page=True)
    assert page.evaluate("window.__owned") is None
    assert overlaps(panel) == []
    assert wider_than(panel) == []


def test_a_page_without_samples_says_so(visitor: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    make_profile(0).save(path)
    panel = opened(visitor.page(), path).locator(".tgl").first
    expect(panel).to_contain_text("No sample fell into this cell")


def test_the_page_can_be_read_without_scripts(visitor: Visitor, saved: Path) -> None:
    page = opened(visitor.page(scripts=False), saved)
    expect(page.locator(".tgl")).to_have_count(0)
    expect(page.locator("table").first).to_be_visible()


def test_pages_ask_for_nothing_outside_this_machine(visitor: Visitor, saved: Path) -> None:
    painted(opened(visitor.page(), saved).locator(".tgl").first)
    assert visitor.outside == []
    assert visitor.errors == []
