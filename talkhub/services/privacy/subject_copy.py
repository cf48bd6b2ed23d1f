"""Gather all that is kept of a person: what the law (LGPD, art. 18) lets them ask for."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from talkhub.services.audit import audit
from talkhub.services.privacy.closing_requests import DONE_BY_A_COPY, close_by_receipt
from talkhub.services.privacy.erasing import Subject
from talkhub.services.privacy.processors import processors
from talkhub.settings import Settings
from talkhub.store.statements import subject_copy as statements
from talkhub.store.uow import UnitOfWork

CONVERSATIONS_AT_ONCE = 50

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SubjectCopy:
    """What is kept of a person beside the conversations, as it lies in the tables.

    `sent` is what went out about or to them: to whom their data was handed on, and `at_crms` what
    CRMs keep of them under which id. `model_consent`
    says whether a language model may read the workspace's conversations; None if nobody ever
    said so. `shares` are the third parties that get people's data as it is configured now.
    """

    profiles: list[Row]
    identities: list[Row]
    changes: list[Row]
    facts: list[Row]
    consents: list[Row]
    requests: list[Row]
    sessions: list[Row]
    events_and_scores: list[Row]
    events: list[Row]
    sent: list[Row]
    at_crms: list[Row]
    model_consent: Row | None
    shares: list[Row]

    @property
    def recipients(self) -> dict[str, int]:
        """Who was sent something of the person, and how often."""
        counts: dict[str, int] = {}
        for row in self.sent:
            if row["to"] is not None and row["sent_at"] is not None:
                counts[row["to"]] = counts.get(row["to"], 0) + 1
        return counts


def read_copy(uow: UnitOfWork, subject: Subject, settings: Settings) -> SubjectCopy:
    """Return what is kept of a person beside their conversations."""
    key = {"workspace_id": uow.workspace_id, "profile_ids": list(subject.profile_ids)}
    return SubjectCopy(
        profiles=list(uow.run(statements.PROFILES, key).scalars()),
        identities=list(uow.run(statements.IDENTITIES, key).scalars()),
        changes=list(uow.run(statements.CHANGES, key).scalars()),
        facts=list(uow.run(statements.FACTS, key).scalars()),
        consents=list(uow.run(statements.CONSENTS, key).scalars()),
        requests=list(uow.run(statements.REQUESTS, key).scalars()),
        sessions=list(uow.run(statements.SESSIONS, key).scalars()),
        events_and_scores=list(uow.run(statements.TOLD, key).scalars()),
        events=list(uow.run(statements.EVENTS, key).scalars()),
        sent=list(uow.run(statements.SENT, key).scalars()),
        at_crms=list(uow.run(statements.AT_CRMS, key).scalars()),
        model_consent=uow.run(statements.CONSENT_TO_A_MODEL, key).scalar(),
        shares=[asdict(it) for it in processors(uow, settings) if it.gets_people],
    )


def conversations_of(uow: UnitOfWork, subject: Subject) -> Iterator[Row]:
    """Yield a person's conversations with what was found in them, some at a time."""
    after = 0
    while True:
        params = {
            "workspace_id": uow.workspace_id,
            "profile_ids": list(subject.profile_ids),
            "after": after,
            "limit": CONVERSATIONS_AT_ONCE,
        }
        rows = uow.run(statements.CONVERSATIONS, params).all()
        yield from (row[1] for row in rows)
        if len(rows) < CONVERSATIONS_AT_ONCE:
            return
        after = rows[-1][0]


def note_copy(uow: UnitOfWork, subject: Subject) -> None:
    """Write down that somebody took a copy of a person's data; the person by number only.

    Whatever asked for one is answered by it.
    """
    receipt = f"copy_{secrets.token_hex(12)}"
    named = str(subject.profile_ids[0])
    detail = {"receipt": receipt}
    audit(uow, action="person.copied", subject=named, address=None, detail=detail)
    close_by_receipt(uow, subject.profile_ids, DONE_BY_A_COPY, receipt)
