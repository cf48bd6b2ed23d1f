"""Find the person behind a `user_id`, or make one."""

from __future__ import annotations

from talkhub import clock
from talkhub.errors import Unavailable
from talkhub.store.statements.people import MAKE_PERSON
from talkhub.store.uow import UnitOfWork


def find_or_make_person(uow: UnitOfWork, user_id: str) -> int:
    """Return the id of a person's profile; a merged one answers with the one it went into."""
    params = {
        "workspace_id": uow.workspace_id,
        "user_id": user_id,
        "now": clock.now(),
        "name": None,
        "phone": None,
        "email": None,
    }
    # The second try sees the person that another transaction was making during the first.
    for _ in range(2):
        profile_id: int | None = uow.run(MAKE_PERSON, params).scalar()
        if profile_id is not None:
            return profile_id
    raise Unavailable("The person is being created by another request; try again.")
