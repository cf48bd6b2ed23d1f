"""A person's past conversations, as pages read them."""

from __future__ import annotations

from talkhub import json_codec
from talkhub.memory.episodes import Episode
from talkhub.services.recalling.context import MOST_EPISODES
from talkhub.store.statements.episodes import EPISODES_OF_PERSON
from talkhub.store.uow import UnitOfWork


def latest_episodes(uow: UnitOfWork, profile_id: int) -> list[Episode]:
    """Return how a person's latest conversations went that are over, the newest first."""
    params = {
        "workspace_id": uow.workspace_id,
        "profile_id": profile_id,
        "as_of": None,
        "most_episodes": MOST_EPISODES,
    }
    found: str | None = uow.run(EPISODES_OF_PERSON, params).scalar_one()
    return [Episode.read(each) for each in json_codec.loads(found)] if found else []
