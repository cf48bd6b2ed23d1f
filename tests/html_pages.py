"""What tests ask of a page: its elements, their texts and attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

WHITE = re.compile(r"[ \t\r\n]+")
"""Not Python's idea of white space: a narrow no-break space belongs to the text."""

WITHIN_WORDS = frozenset({"mark"})
VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


@dataclass
class Element:
    """One element with everything below it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text below, its white space squeezed, elements apart but for marks."""
        return WHITE.sub(" ", self._raw_text()).strip()

    def _raw_text(self) -> str:
        parts = (child if isinstance(child, str) else child._raw_text() for child in self.children)
        text = "".join(parts)
        return text if self.tag in WITHIN_WORDS else f" {text} "

    def all(self, tag: str | None = None, **attributes: str) -> list[Element]:
        """Return the elements below with this tag and these attributes; `class_` is one of many."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.matches(tag, attributes):
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    def one(self, tag: str | None = None, **attributes: str) -> Element:
        """Return the only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements <{tag}> with {attributes}"
        return found[0]

    def matches(self, tag: str | None, attributes: dict[str, str]) -> bool:
        for argument, value in attributes.items():
            name = argument.replace("_", "-").rstrip("-")
            own = self.attributes.get(name)
            if own is None or value not in (own.split() if name == "class" else [own]):
                return False
        return tag is None or self.tag == tag


class Html(Element):
    """A whole page."""

    def __init__(self, source: str) -> None:
        super().__init__("", {}, None)
        self.source = source
        _Reader(self).feed(source)

    @property
    def head(self) -> str:
        """The page's only main heading."""
        return self.one("h1").text


class _Reader(HTMLParser):
    def __init__(self, root: Element) -> None:
        super().__init__()
        self._at = root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            last = self._at.children[-1]
            assert isinstance(last, Element)
            self._at = last

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._at.children.append(Element(tag, attributes, self._at))

    def handle_endtag(self, tag: str) -> None:
        assert self._at.tag == tag, f"</{tag}> closes <{self._at.tag}>"
        assert self._at.parent is not None
        self._at = self._at.parent

    def handle_data(self, data: str) -> None:
        self._at.children.append(data)
