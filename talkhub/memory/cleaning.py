"""Texts that strangers wrote, without what no reader sees but a language model reads."""

from __future__ import annotations

import re
from typing import Final

TEXT_LIMIT: Final = 4_000

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls, direction marks, tags, private characters.

The joiners stay, of which emoji and some scripts are made.
"""


def cleaned(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return a text without unseen characters, cut to `limit` characters and saying so."""
    # Cut twice: a text of megabytes must not be searched whole for what nobody will see.
    seen = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text[: 4 * limit]))
    if len(seen) <= limit and len(text) <= 4 * limit:
        return seen
    return f"{seen[:limit]}… [cut, {len(text)} characters in all]"
