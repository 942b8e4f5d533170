"""HTML that cannot be broken by what stands in it: every text is escaped when it goes in.

`element` builds markup; anything that is not `Html` already is text, whatever it looks like.
"""

from html import escape

from tailgana_lab.results.visible import visible


class Html(str):
    """Markup that is safe to put into a page as it is."""

    __slots__ = ()


VOID = frozenset({"meta", "rect", "br"})
"""Elements without content."""


def text(value: str) -> Html:
    """Text as markup: tags and quotes are escaped, control and direction characters made visible."""
    return value if isinstance(value, Html) else Html(escape(visible(value)))


def element(name: str, /, *content: str, **attributes: str | float | None) -> Html:
    """One element; attributes that are None are left out.

    A trailing underscore of an attribute's name is dropped, other underscores become hyphens.

    Examples
    --------
    >>> element("td", "a < b", class_="tgls-name", title='"')
    '<td class="tgls-name" title="&quot;">a &lt; b</td>'
    """
    inside = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value if isinstance(value, str) else str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{inside}/>")
    return Html(f"<{name}{inside}>{joined(*content)}</{name}>")


def joined(*content: str) -> Html:
    """Several pieces one after the other."""
    return Html("".join(text(piece) for piece in content))


def unbroken(quantity: str) -> str:
    """A quantity whose number and unit stay on one line."""
    return quantity.replace(" ", "\u00a0")


def clipped(value: str, width: int) -> Html:
    """Text with its middle left out where it is too long, and the whole as a tooltip."""
    shown = visible(value)
    if len(shown) <= width:
        return text(value)
    head = width // 2
    return element("span", f"{shown[:head]}…{shown[head + 1 - width :]}", title=shown)
