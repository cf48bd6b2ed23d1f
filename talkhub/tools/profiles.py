"""The tool that updates what is known of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from talkhub import clock
from talkhub.names import Scope
from talkhub.services.people import profiles
from talkhub.store.uow import UnitOfWork
from talkhub.tools.conversations import UserId
from talkhub.tools.spec import Answer, Effect, FlowInput, RestFace, ToolInput, ToolOutput, registry


def _known_zone(value: str | None) -> str | None:
    if value is not None and value not in clock.known_zones():
        raise ValueError("is not a time zone, for example America/Sao_Paulo")
    return value


class ProfileData(FlowInput):
    """The fields of a profile to change. Further keys are kept in the profile's `custom`."""

    model_config = ConfigDict(extra="allow")

    _structured: ClassVar[frozenset[str]] = frozenset({"preferences", "tags"})

    name: str | None = Field(default=None, max_length=255)
    phone: str | None = Field(default=None, max_length=50)
    email: str | None = Field(default=None, max_length=255)
    locale: str | None = Field(default=None, max_length=35)
    timezone: Annotated[str | None, AfterValidator(_known_zone)] = None
    memory_opt_out: bool | None = Field(
        default=None, description="True keeps this person out of the memory."
    )
    preferences: dict[str, Any] | None = Field(default=None, description="Merged in depth.")
    tags: list[Annotated[str, Field(min_length=1, max_length=100)]] | None = Field(
        default=None, max_length=200, description="Added to the tags there are."
    )


class UpdateUserProfile(ToolInput):
    """What `update_user_profile` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset({"profile_data"})

    user_id: UserId
    profile_data: ProfileData = Field(description="What to merge in; null removes a value.")


class UserProfile(ToolOutput):
    """A person's profile."""

    user_id: str
    name: str | None
    phone: str | None
    email: str | None
    locale: str | None
    timezone: str | None
    memory_opt_out: bool
    preferences: dict[str, Any]
    tags: list[str]
    custom: dict[str, Any]
    interaction_stats: dict[str, Any]
    revision: int
    created_at: datetime
    updated_at: datetime


@registry.tool(
    title="Update user profile",
    scope=Scope.PROFILE_WRITE,
    output=UserProfile,
    idempotent=True,
    effect=Effect.OVERWRITES,
    faces=(
        RestFace("PUT", "/mcp/update_user_profile"),
        RestFace("PUT", "/mcp/update_user_profile/<user_id>"),
    ),
)
def update_user_profile(uow: UnitOfWork, args: UpdateUserProfile) -> Answer:
    """Merge what you learned of a person into their profile and return the profile.

    Preferences are merged in depth, tags are added, unknown keys are kept as custom
    fields, and null removes a value. The history of changes is kept.
    """
    given = args.profile_data.model_dump(mode="json", exclude_unset=True)
    return profiles.update_profile(uow, args.user_id, given, source="api")
