"""The registry with every tool in it: importing this module registers them all."""

from talkhub.tools import analytics, conversations, profiles
from talkhub.tools.spec import registry

MODULES = (conversations, profiles, analytics)

__all__ = ["MODULES", "registry"]
