"""The names of what workspaces use: what is counted, and what is limited."""

from enum import StrEnum


class UsageKind(StrEnum):
    """What is counted beside the figures, by day."""

    EVENTS = "events"
    REQUESTS = "requests"


class Quota(StrEnum):
    """What a workspace may be given a limit of."""

    REQUESTS = "requests_per_minute"
    MESSAGES = "messages_per_month"
    PEOPLE = "people_per_month"
