"""The errors a caller can meet. Edges turn them into `application/problem+json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self


class TalkHubError(Exception):
    """Something went wrong that the caller may know about.

    `detail` is safe to show to a stranger; `extra` are further members of the
    problem document (RFC 9457), for example `errors` with pointers to fields.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str = "", **extra: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.extra = extra

    @property
    def first_code(self) -> str:
        """The code of the first field's fault where the error names fields, else its own."""
        faults = self.extra.get("errors")
        return str(faults[0]["code"]) if isinstance(faults, list) else self.code


class BadRequest(TalkHubError):
    """The body is not what it claims to be, so nothing in it could be read."""

    status, code, title = 400, "bad_request", "Bad request"


class Unauthenticated(TalkHubError):
    """The request carries no credentials, or none that are valid."""

    status, code, title = 401, "unauthenticated", "Authentication required"


class SignatureInvalid(TalkHubError):
    """A webhook's signature or secret does not match; nothing was stored."""

    status, code, title = 401, "signature_invalid", "Signature invalid"


class Forbidden(TalkHubError):
    """The credentials are valid, but do not reach this far."""

    status, code, title = 403, "forbidden", "Forbidden"


class InsufficientScope(Forbidden):
    """The credentials are valid, but lack a scope; `scope` says which.

    `wanted` are the scopes that the next token should have.
    """

    def __init__(self, detail: str, *, scope: str, wanted: Sequence[str]) -> None:
        super().__init__(detail, scope=scope)
        self.wanted = wanted


class NotFound(TalkHubError):
    """There is no such thing, or none that the caller may see."""

    status, code, title = 404, "not_found", "Not found"


class Conflict(TalkHubError):
    """The state of the thing does not allow this now."""

    status, code, title = 409, "conflict", "Conflict"


class Unreachable(Conflict):
    """There is no way on which the person can be written to now."""

    code, title = "unreachable", "Person unreachable"


class OptedOut(Unreachable):
    """The person wants to hear no more, and nothing is going on that they could be answered in."""

    code, title = "opted_out", "Person opted out"


class WindowClosed(Conflict):
    """The person wrote too long ago for the channel to take free text."""

    code, title = "window_closed", "Reply window closed"


class ByAgency(Conflict):
    """The person belongs to the workspace as an admin of its agency, and goes with it only."""

    code, title = "by_agency", "Member by the agency"


class LastOwner(Conflict):
    """Nobody would own the workspace any more."""

    code, title = "last_owner", "Last owner"


class LastAdmin(Conflict):
    """Nobody would administer the agency any more."""

    code, title = "last_admin", "Last admin of the agency"


class TooManyInvitations(Conflict):
    """As many invitations are open as there may be."""

    code, title = "too_many_invitations", "Too many open invitations"


class TooLarge(TalkHubError):
    """The body, or something in it, is larger than what is taken."""

    status, code, title = 413, "too_large", "Too large"


class Invalid(TalkHubError):
    """The request was read, but its content is not valid; nothing was stored."""

    status, code, title = 422, "invalid", "Invalid input"

    @classmethod
    def at(cls, *path: object, detail: str, code: str) -> Self:
        """Return the error for one fault at one place of the input."""
        return cls(detail, errors=[{"pointer": pointer(*path), "detail": detail, "code": code}])


class IdempotencyMismatch(Invalid):
    """The idempotency key was used before with another request."""

    code, title = "idempotency_mismatch", "Idempotency key reused"


class PlaceholderNotFilled(Invalid):
    """A required value still reads `{{…}}`: the flow builder did not fill it in."""

    code, title = "placeholder_not_filled", "Placeholder not filled"


class RateLimited(TalkHubError):
    """Too many requests; `Retry-After` says when the next one is welcome."""

    status, code, title = 429, "rate_limited", "Too many requests"


class ProviderRefused(TalkHubError):
    """A chat platform that we called refused, or gave no answer that can be read."""

    status, code, title = 502, "provider_refused", "Provider refused"


class Unavailable(TalkHubError):
    """The service cannot answer right now; the same request may work later."""

    status, code, title = 503, "unavailable", "Service unavailable"


class SettingMissing(Unavailable):
    """A setting that only the operator can give is missing."""

    code, title = "setting_missing", "Setting missing"


def pointer(*path: object) -> str:
    """Return the JSON pointer (RFC 6901) to a place in a document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
