"""What a picture shows: its colours, whether it changed, and whether anything in a panel is cut off or overlaps."""

from typing import Any

from playwright.sync_api import Locator, Page

COLOURS = """canvas => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
OVERLAPS = """panel => {
  const own = e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
  const seen = e => own(e) && e.checkVisibility() && !e.closest(".tgl-unseen, canvas");
  const boxes = [...panel.querySelectorAll("*")].filter(seen).map(e => [e, e.getBoundingClientRect()]);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const over = ([one, a], k) => boxes.slice(k + 1).filter(([other, b]) => !one.contains(other) && meet(a, b));
  return boxes.flatMap((box, k) => over(box, k).map(([other]) => `${box[0].textContent} | ${other.textContent}`));
}"""
WIDER = """panel => {
  const end = panel.getBoundingClientRect().right - parseFloat(getComputedStyle(panel).paddingRight) + 1;
  const seen = e => e.checkVisibility() && !e.ownerSVGElement && !e.closest(".tgl-unseen, .tgl-scroll");
  const wider = e => seen(e) && e.getBoundingClientRect().right > end;
  return [...panel.querySelectorAll("*")].filter(wider).map(e => e.className);
}"""


def colours(canvas: Locator) -> int:
    """Number of different colours in a canvas."""
    n: int = canvas.evaluate(COLOURS)
    return n


def painted(panel: Locator, least: int = 4) -> Locator:
    """The flame graph's canvas, once it shows some colours."""
    canvas = panel.locator("canvas").first
    canvas.wait_for()
    _wait(canvas, f"(canvas, least) => ({COLOURS})(canvas) >= least", least)
    return canvas


def picture(canvas: Locator) -> str:
    """The canvas as it is now, to be compared."""
    url: str = canvas.evaluate("canvas => canvas.toDataURL()")
    return url


def wait_for_change(canvas: Locator, before: str) -> str:
    """Wait until a canvas looks different; the new picture."""
    _wait(canvas, "(canvas, before) => canvas.toDataURL() !== before", before)
    return picture(canvas)


def wait_for_picture(canvas: Locator, wanted: str) -> None:
    """Wait until a canvas looks as it did."""
    _wait(canvas, "(canvas, wanted) => canvas.toDataURL() === wanted", wanted)


def settle(page: Page) -> None:
    """Wait until what has been asked for is drawn: two frames, the fonts, and no running transition."""
    page.evaluate("""async () => {
      await document.fonts.ready;
      const frame = () => new Promise(requestAnimationFrame);
      await frame(); await frame();
      const moving = document.getAnimations().filter(a => a instanceof CSSTransition);
      await Promise.allSettled(moving.map(a => a.finished));
      await frame();
    }""")


def overlaps(panel: Locator) -> list[str]:
    """Pairs of texts that lie over each other."""
    found: list[str] = panel.evaluate(OVERLAPS)
    return found


def wider_than(panel: Locator) -> list[str]:
    """Elements that stick out of the panel at the right and don't scroll."""
    found: list[str] = panel.evaluate(WIDER)
    return found


def _wait(canvas: Locator, predicate: str, argument: Any) -> None:
    handle = canvas.element_handle()
    canvas.page.wait_for_function(f"([canvas, value]) => ({predicate})(canvas, value)", arg=[handle, argument])
