"""The registry with every tool in it: importing this module registers them all."""

from talkhub.tools import (
    analytics,
    context,
    conversations,
    feedback,
    journeys,
    lists,
    memory,
    messages,
    profiles,
)
from talkhub.tools.spec import registry

MODULES = (conversations, context, profiles, memory, analytics, lists, messages, feedback, journeys)

__all__ = ["MODULES", "registry"]
