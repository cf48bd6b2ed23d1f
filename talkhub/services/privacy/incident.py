"""What an incident may have touched: whose data, which, who had access, and what they took.

It is for whoever has to tell the authority and the people (LGPD, art. 48) within days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from talkhub.errors import Invalid
from talkhub.services.audit import audit
from talkhub.store.statements import incident as statements
from talkhub.store.uow import UnitOfWork

PEOPLE_AT_ONCE = 1_000

_TAKING = ("export.", "person.copied", "workspace.exported")
_READING = ("transcript.read",)
_ENTERING = ("browser_session.began", "api.issued", "oauth.issued", "application.allowed")
_REFUSED = (".refused", ".reused", ".code_reused")


@dataclass(frozen=True, slots=True)
class Incident:
    """The time in question, and who is suspected; None is anybody."""

    since: datetime
    until: datetime
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class KeptThen:
    """How much was kept when it ended: what somebody with all of it has."""

    people: int
    names: int
    phones: int
    emails: int
    conversations: int
    messages: int
    facts: int


@dataclass(frozen=True, slots=True)
class TrailOfTime:
    """How often somebody did something in the time, from one address."""

    action: str
    actor: str
    address: str | None
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class UseOfTime:
    """How often a key or token called something in the time."""

    principal_kind: str
    principal: str
    name: str
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of an incident. `touched` says of people how: copied, or read."""

    kept: KeptThen
    touched: dict[int, str]
    uses: list[UseOfTime]
    taking: list[TrailOfTime]
    reading: list[TrailOfTime]
    entering: list[TrailOfTime]
    refused: list[TrailOfTime]
    changing: list[TrailOfTime]

    def how_many(self, how: str) -> int:
        """Return how many people were copied, or read."""
        return sum(1 for it in self.touched.values() if it == how)


@dataclass(frozen=True, slots=True)
class Touched:
    """Somebody whose data may be touched: copied, read, or kept where anything may be taken."""

    user_id: str
    name: str | None
    phone: str | None
    email: str | None
    how: str


def findings(uow: UnitOfWork, incident: Incident) -> Findings:
    """Return what is known of an incident in the workspace, and write down that it was asked.

    Raises Invalid for a time that ends before it begins.
    """
    if incident.since >= incident.until:
        detail = "The time ends before it begins."
        raise Invalid.at("until", detail=detail, code="until_invalid")
    key = {"workspace_id": uow.workspace_id, "since": incident.since, "until": incident.until}
    in_trail = uow.run(statements.PEOPLE_IN_TRAIL, {**key, "actor": incident.actor})
    touched: dict[int, str] = {row[0]: row[1] for row in in_trail}
    trail = [TrailOfTime(**row) for row in uow.run(statements.TRAIL_OF_TIME, key).mappings()]
    uses = [UseOfTime(**row) for row in uow.run(statements.USES_OF_TIME, key).mappings()]
    kept = KeptThen(**uow.run(statements.KEPT_THEN, key).mappings().one())
    if incident.actor is not None:
        trail = [it for it in trail if it.actor == incident.actor]
        uses = [it for it in uses if it.principal == incident.actor]
    known = (_TAKING, _READING, _ENTERING)
    taking, reading, entering = (_of(trail, beginnings) for beginnings in known)
    refused = [it for it in trail if it.action.endswith(_REFUSED)]
    named = {id(it) for it in (*taking, *reading, *entering, *refused)}
    changing = [it for it in trail if id(it) not in named]
    span = {"since": incident.since.isoformat(), "until": incident.until.isoformat()}
    audit(uow, action="incident.listed", subject=incident.actor, address=None, detail=span)
    return Findings(kept, touched, uses, taking, reading, entering, refused, changing)


def people_touched(uow: UnitOfWork, incident: Incident, found: Findings) -> Iterator[Touched]:
    """Yield everybody who was kept when the time ended, and how they are touched."""
    after = 0
    while True:
        params = {
            "workspace_id": uow.workspace_id,
            "until": incident.until,
            "after": after,
            "limit": PEOPLE_AT_ONCE,
        }
        rows = uow.run(statements.PEOPLE_THEN, params).all()
        for profile_id, user_id, name, phone, email in rows:
            how = found.touched.get(profile_id, "kept")
            yield Touched(user_id, name, phone, email, how)
        if len(rows) < PEOPLE_AT_ONCE:
            return
        after = rows[-1][0]


def _of(trail: Sequence[TrailOfTime], beginnings: tuple[str, ...]) -> list[TrailOfTime]:
    return [it for it in trail if it.action.startswith(beginnings)]
