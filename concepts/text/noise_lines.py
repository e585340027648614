"""What pages carry beside the text: headers, links, advertisements."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import Change, Span, sentences, spliced

LINES = (
    *("ADVERTISEMENT", "Page 2 of 5", "Continue reading below", "Share this article", "READ MORE: Today's top stories"),
    *("Sign up for our daily newsletter", "Follow us on social media", "Click here to subscribe", "Image: file photo"),
    *("Related articles", "Accept all cookies to continue", "Scroll down for video", "Loading comments...", "* * *"),
    *(
        "© All rights reserved",
        "Skip to main content",
        "Print | Email | Save",
        "Last updated: 10:42 GMT",
        "Top of page",
    ),
)


class NoiseLines(TextConcept):
    """Share of the sentences that are followed by a line of a page's furniture, such as ``ADVERTISEMENT``."""

    name = "noise-lines"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with lines after the drawn sentences."""
        spans = sentences(text)
        places = self.places(len(spans), strength, seed)
        lines = [LINES[draw % len(LINES)] for draw in self.draws(seed, places)]
        return spliced(text, [_after(text, spans, place, line) for place, line in zip(places, lines, strict=True)])


def _after(text: str, spans: tuple[Span, ...], place: int, line: str) -> Change:
    """The line in the gap behind a sentence; the gap's own line breaks stay behind it."""
    start = spans[place][1]
    end = spans[place + 1][0] if place + 1 < len(spans) else len(text)
    gap = text[start:end]
    last = "" if place + 1 == len(spans) else "\n"
    return start, end, f"\n{line}{gap if not gap.strip() and chr(10) in gap else last}"
