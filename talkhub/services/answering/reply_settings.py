"""How a workspace wants automatic replies: whether, from which score on, when, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from talkhub.errors import Invalid
from talkhub.replies.deciding import ReplyMode, Wording
from talkhub.replies.threshold import LEAST, MOST, Judged, learned_threshold
from talkhub.services.audit import audit
from talkhub.store.statements import replies as statements
from talkhub.store.uow import UnitOfWork

USUAL_CAP, MOST_A_DAY = 200, 100_000
LONGEST_HANDOFF_TEXT = 500
_JUDGED_READ = 500
"""The newest verdicts; what was good a year ago says little of today's sources."""


@dataclass(frozen=True, slots=True)
class ReplySettings:
    """What a workspace wants. Nobody has changed anything yet where `changed_at` is None.

    Without a `threshold` of its own the workspace goes by what was judged. Between the quiet
    times, in its own time zone, nothing goes out by itself. An empty `handoff_text` is not sent.
    `wording` is what it wants; where no model is configured, passages are sent as they are.
    """

    mode: ReplyMode = ReplyMode.OFF
    wording: Wording = Wording.QUOTE
    threshold: float | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    daily_cap: int = USUAL_CAP
    handoff_text: str = ""
    changed_by: str | None = None
    changed_at: datetime | None = None

    def is_quiet(self, local: time) -> bool:
        """Tell whether nothing goes out by itself at a time of day; midnight may be within."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= local < self.quiet_until
        return local >= self.quiet_from or local < self.quiet_until


def settings_of(uow: UnitOfWork) -> ReplySettings:
    """Return what the workspace wants; without a word of it no automatic replies."""
    key = {"workspace_id": uow.workspace_id}
    row = uow.run(statements.REPLY_SETTINGS, key).mappings().first()
    if row is None:
        return ReplySettings()
    closed = {"mode": ReplyMode(row["mode"]), "wording": Wording(row["wording"])}
    return ReplySettings(**{**row, **closed})


def set_settings(
    uow: UnitOfWork, wanted: ReplySettings, *, has_model: bool, address: str | None = None
) -> None:
    """Have it so from now on; `has_model` says whether there is one to write. Raises Invalid."""
    _check(wanted)
    if wanted.wording is not Wording.QUOTE and not has_model:
        detail = "There is no language model: whoever operates this service has named none."
        raise Invalid.at("wording", detail=detail, code="no_language_model")
    params = {
        "workspace_id": uow.workspace_id,
        "mode": wanted.mode.value,
        "wording": wanted.wording.value,
        "threshold": wanted.threshold,
        "quiet_from": wanted.quiet_from,
        "quiet_until": wanted.quiet_until,
        "daily_cap": wanted.daily_cap,
        "handoff_text": wanted.handoff_text.strip(),
        "actor": uow.scope.actor,
    }
    uow.run(statements.SET_REPLY_SETTINGS, params)
    told = {name: params[name] for name in ("mode", "wording", "threshold")}
    audit(uow, action="reply_settings.changed", subject=None, address=address, detail=told)


def threshold_of(uow: UnitOfWork, settings: ReplySettings) -> float:
    """Return from which score on answers go out: what was set by hand, or what is learned."""
    if settings.threshold is not None:
        return settings.threshold
    params = {"workspace_id": uow.workspace_id, "most": _JUDGED_READ}
    judged = [Judged(row.score, row.is_good) for row in uow.run(statements.JUDGED, params)]
    return learned_threshold(judged)


def _check(wanted: ReplySettings) -> None:
    if wanted.threshold is not None and not LEAST <= wanted.threshold <= MOST:
        detail = f"A threshold is from {LEAST} to {MOST}; without one it is learned."
        raise Invalid.at("threshold", detail=detail, code="threshold_invalid")
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        detail = "Quiet hours have a beginning and an end."
        raise Invalid.at("quiet_until", detail=detail, code="quiet_hours_invalid")
    if not 0 <= wanted.daily_cap <= MOST_A_DAY:
        detail = f"A day has from 0 to {MOST_A_DAY} automatic answers."
        raise Invalid.at("daily_cap", detail=detail, code="daily_cap_invalid")
    if len(wanted.handoff_text) > LONGEST_HANDOFF_TEXT:
        detail = f"This text has at most {LONGEST_HANDOFF_TEXT} characters."
        raise Invalid.at("handoff_text", detail=detail, code="too_long")
