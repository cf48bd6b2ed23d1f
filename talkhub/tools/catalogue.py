"""The registry with every tool in it: importing this module registers them all."""

from talkhub.tools import analytics, context, conversations, memory, messages, profiles
from talkhub.tools.spec import registry

MODULES = (conversations, context, profiles, memory, analytics, messages)

__all__ = ["MODULES", "registry"]
