"""Applications that ask for access: registered by themselves, or described by a document.

Neither proves anything but where people are sent afterwards; the consent page says so.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from talkhub.errors import TalkHubError
from talkhub.outbound.guarded import CallFailed, CallRefused, GuardedClient
from talkhub.security import hash_secret
from talkhub.services.access.redirect_uris import is_acceptable
from talkhub.store.statements import oauth as statements
from talkhub.store.uow import Database, system_scope
from talkhub.strict_json import read_json

DOCUMENT_KEPT_FOR = timedelta(hours=1)
DOCUMENT_SECONDS = 5.0
DOCUMENT_BYTES = 16 * 1024

_DOCUMENT_URL = re.compile(r"https://[A-Za-z0-9.:-]+/[A-Za-z0-9._~!$&'()+,;=:@%/?-]+")

AuthMethod = Literal["none", "client_secret_post", "client_secret_basic"]


@dataclass(frozen=True, slots=True)
class Client:
    """An application, as far as it is known. `secret_hash` is None for a public one."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    auth_method: str
    secret_hash: bytes | None
    is_document: bool

    def has_secret(self, given: str) -> bool:
        """Tell whether a secret is this application's."""
        return self.secret_hash is not None and hmac.compare_digest(
            hash_secret(given), self.secret_hash
        )


class ClientUnusable(Exception):
    """A client id leads to no application that can be let in; the text may be shown."""


def _acceptable(uri: str) -> str:
    if not is_acceptable(uri):
        message = "must be https, http on localhost, or a scheme of the application's own"
        raise ValueError(message)
    return uri


class ClientMetadata(BaseModel):
    """What an application says of itself (RFC 7591); what we have no use for is let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    client_name: str = Field(default="", max_length=200)
    redirect_uris: tuple[Annotated[str, AfterValidator(_acceptable)], ...] = Field(
        min_length=1, max_length=10
    )
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"  # noqa: S105 -- a method's name
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    response_types: tuple[str, ...] = ("code",)

    @field_validator("client_name")
    @classmethod
    def _printable(cls, name: str) -> str:
        """Leave out what could turn or hide the text around it on the consent page."""
        return "".join(letter for letter in name if letter.isprintable()).strip()

    @field_validator("grant_types")
    @classmethod
    def _with_codes(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if "authorization_code" not in kinds:
            raise ValueError("must have authorization_code")
        return kinds

    @field_validator("response_types")
    @classmethod
    def _code(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if "code" not in kinds:
            raise ValueError("must have code")
        return kinds


class _Document(ClientMetadata):
    client_id: str
    client_name: str = Field(min_length=1, max_length=200)
    token_endpoint_auth_method: Literal["none"] = "none"  # noqa: S105 -- nothing secret in public


def register_client(database: Database, metadata: ClientMetadata) -> tuple[Client, str | None]:
    """Keep an application that registers itself; return it and its secret, shown only now."""
    is_public = metadata.token_endpoint_auth_method == "none"  # noqa: S105 -- a method's name
    secret = None if is_public else secrets.token_urlsafe(32)
    client = Client(
        client_id=f"client_{secrets.token_urlsafe(18)}",
        name=metadata.client_name,
        redirect_uris=metadata.redirect_uris,
        auth_method=metadata.token_endpoint_auth_method,
        secret_hash=None if secret is None else hash_secret(secret),
        is_document=False,
    )
    with database.unit_of_work(system_scope("an application belongs to no workspace")) as uow:
        uow.run(
            statements.REGISTER_CLIENT,
            {
                "client_id": client.client_id,
                "name": client.name,
                "redirect_uris": list(client.redirect_uris),
                "auth_method": client.auth_method,
                "secret_hash": client.secret_hash,
            },
        )
    return client, secret


def find_client(database: Database, client_id: str) -> Client | None:
    """Return an application that is known already; None for any other."""
    if "\0" in client_id:  # unknown to PostgreSQL
        return None
    with database.read_only(system_scope("an application belongs to no workspace")) as uow:
        row = uow.run(statements.FIND_CLIENT, {"client_id": client_id}).mappings().first()
    if row is None:
        return None
    return Client(
        client_id=row["client_id"],
        name=row["name"],
        redirect_uris=tuple(row["redirect_uris"]),
        auth_method=row["auth_method"],
        secret_hash=None if row["secret_hash"] is None else bytes(row["secret_hash"]),
        is_document=row["is_document"],
    )


def is_document_url(client_id: str) -> bool:
    """Tell whether a client id is the address of a document that describes the client."""
    if not _DOCUMENT_URL.fullmatch(client_id):
        return False
    return not {".", ".."} & set(urlsplit(client_id).path.split("/"))


def read_client_document(database: Database, outbound: GuardedClient, client_id: str) -> None:
    """Read the document at a client id, unless that was done within the hour, and keep it.

    Only for people who are signed in: whoever else could have us call any address.
    Raises ClientUnusable.
    """
    with database.read_only(system_scope("an application belongs to no workspace")) as uow:
        params = {"client_id": client_id, "kept_for": DOCUMENT_KEPT_FOR}
        is_fresh = uow.run(statements.DOCUMENT_IS_FRESH, params).scalar()
    if is_fresh:
        return
    document = _read(outbound, client_id)
    with database.unit_of_work(system_scope("an application belongs to no workspace")) as uow:
        uow.run(
            statements.KEEP_DOCUMENT,
            {
                "client_id": client_id,
                "name": document.client_name,
                "redirect_uris": list(document.redirect_uris),
                "auth_method": document.token_endpoint_auth_method,
            },
        )


def _read(outbound: GuardedClient, client_id: str) -> _Document:
    try:
        answer = outbound.send(
            "GET",
            client_id,
            headers={"Accept": "application/json"},
            seconds=DOCUMENT_SECONDS,
            max_bytes=DOCUMENT_BYTES,
        )
    except (CallRefused, CallFailed) as error:
        raise ClientUnusable(str(error)) from error
    if answer.status != 200:
        raise ClientUnusable(f"The document was answered with {answer.status}.")
    try:
        document = _Document.model_validate(read_json(answer.body))
    except (ValidationError, TalkHubError) as error:
        raise ClientUnusable("The document does not describe an application.") from error
    if document.client_id != client_id:
        raise ClientUnusable("The document describes another client id.")
    return document
