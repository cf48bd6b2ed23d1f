"""The service's own secrets, their former values, and which are too weak to start with."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pydantic import AliasChoices, SecretStr
from pydantic_settings import BaseSettings

from talkhub.encryption import Keyring
from talkhub.settings.groups import SettingGroup, named

MIN_SECRET_LENGTH = 16
"""Shortest secret accepted in production (an HMAC key of fewer bytes can be guessed)."""

MIN_PASSWORD_LENGTH = 12
MIN_DIFFERENT_SIGNS = 6
"""A secret of fewer different signs was typed, not made: `aaaaaaaaaaaaaaaa`."""

_LEAST_LENGTHS = {
    "ADMIN_PASSWORD": MIN_PASSWORD_LENGTH,
    "JWT_SECRET": MIN_SECRET_LENGTH,
    "JWT_SECRET_PREVIOUS": MIN_SECRET_LENGTH,
    "ADMIN_SECRET": MIN_SECRET_LENGTH,
    "ADMIN_SECRET_PREVIOUS": MIN_SECRET_LENGTH,
    "WEBHOOK_SECRET": MIN_SECRET_LENGTH,
    "WEBHOOK_SECRET_PREVIOUS": MIN_SECRET_LENGTH,
    "ENCRYPTION_KEY": MIN_SECRET_LENGTH,
    "TURN_SECRET": MIN_SECRET_LENGTH,
}
"""The secrets that operators make up. Of the others, which somebody issued, only examples are
refused; and of `ENCRYPTION_KEY_PREVIOUS` not even these: a weak key is left by naming it there,
and lets nobody in, as no cookie is read by it."""

_EXAMPLES = frozenset(
    {
        *("secret", "secret_gerado", "changeme", "password", "passw0rd", "senha", "admin"),
        "only-on-this-machine",  # docker-compose.dev.yml's
        *("postgres", "redis", "talkhub", "example", "exemplo", "test", "1234", "12345678"),
    }
)
_EXAMPLES_BEGIN = ("seu_", "seu-", "sua_", "sua-", "your_", "your-", "change", "troque", "<", "${")

_ADVICE = "`openssl rand -hex 32` makes a good one"


class SecretSettings(SettingGroup):
    """What proves the service and its callers to each other. Former values count beside the new."""

    jwt_secret: SecretStr | None = named("JWT_SECRET", None, "Key that signs the tokens")
    jwt_secret_previous: SecretStr | None = named(
        "JWT_SECRET_PREVIOUS",
        None,
        "Former values of `JWT_SECRET`, separated by commas, whose tokens are still taken",
    )
    admin_secret: SecretStr | None = named(
        "ADMIN_SECRET", None, "Exchanged for a token at `/api/v1/auth/token`"
    )
    admin_secret_previous: SecretStr | None = named(
        "ADMIN_SECRET_PREVIOUS",
        None,
        "Former values of `ADMIN_SECRET`, separated by commas, that are still exchanged",
    )
    admin_password: SecretStr | None = named(
        "ADMIN_PASSWORD", None, "Password of the first dashboard login, `admin`"
    )
    webhook_secret: SecretStr | None = named(
        "WEBHOOK_SECRET",
        None,
        "Secret of UChat and Evolution API, Telegram's secret_token and Meta's verify token",
    )
    webhook_secret_previous: SecretStr | None = named(
        "WEBHOOK_SECRET_PREVIOUS",
        None,
        "Former values of `WEBHOOK_SECRET`, separated by commas, that still prove a provider",
    )
    whatsapp_app_secret: SecretStr | None = named(
        "WHATSAPP_APP_SECRET",
        None,
        "Meta's app secret, for WhatsApp, Messenger and Instagram; without it they answer 503",
    )
    whatsapp_app_secret_previous: SecretStr | None = named(
        "WHATSAPP_APP_SECRET_PREVIOUS",
        None,
        "Former values of `WHATSAPP_APP_SECRET`, separated by commas, by which Meta still signs",
    )
    encryption_key: SecretStr | None = named(
        "ENCRYPTION_KEY",
        None,
        "Key that encrypts what is secret in the database: of channels, CRMs, second factors",
    )
    encryption_key_previous: SecretStr | None = named(
        "ENCRYPTION_KEY_PREVIOUS",
        None,
        "Former values of `ENCRYPTION_KEY`, separated by commas, the newest first, "
        "until `rotate-encryption-key` says that they can go",
    )

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """What signing keys are derived from: the current secret first, then former ones."""
        return _values(self.jwt_secret, self.jwt_secret_previous)

    @property
    def admin_secrets(self) -> tuple[str, ...]:
        """What is exchanged for a token of the admin's."""
        return _values(self.admin_secret, self.admin_secret_previous)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What providers show that can be told a secret of ours."""
        return _values(self.webhook_secret, self.webhook_secret_previous)

    @property
    def app_secrets(self) -> tuple[str, ...]:
        """What Meta signs with."""
        return _values(self.whatsapp_app_secret, self.whatsapp_app_secret_previous)

    @property
    def keyring(self) -> Keyring:
        """What is encrypted with, and what else is still read."""
        current, *former = _values(self.encryption_key, self.encryption_key_previous)
        guessable = frozenset(key for key in former if any(_weakness("ENCRYPTION_KEY", key)))
        return Keyring(current, tuple(former), guessable)


def weak_secrets(settings: BaseSettings) -> Iterator[str]:
    """Return what is wrong with secrets, and with passwords in addresses; it tells none of them."""
    for field, declared in type(settings).model_fields.items():
        value = getattr(settings, field)
        if not isinstance(declared.validation_alias, AliasChoices):
            continue
        name = str(declared.validation_alias.choices[0])
        if isinstance(value, SecretStr):
            is_list = field.endswith("_previous")
            for secret in _split(value) if is_list else [value.get_secret_value()]:
                yield from _weakness(name, secret)
        elif isinstance(value, str) and field.endswith("_url"):
            password = urlsplit(value).password
            if password and _is_example(unquote(password)):
                yield f"{name} holds an example's password: give that login another, {_ADVICE}"


def _weakness(name: str, secret: str) -> Iterator[str]:
    least = _LEAST_LENGTHS.get(name)
    if name == "ENCRYPTION_KEY_PREVIOUS":
        return
    if _is_example(secret):
        yield f"{name} still holds an example's text: {_ADVICE}"
    elif least is not None and len(secret) < least:
        yield f"{name} is shorter than {least} characters: {_ADVICE}"
    elif least is not None and len(set(secret)) < MIN_DIFFERENT_SIGNS:
        yield f"{name} has fewer than {MIN_DIFFERENT_SIGNS} different characters: {_ADVICE}"
    if name == "ENCRYPTION_KEY" and "," in secret:
        # As the former value it would be cut in two, and open nothing that it closed.
        yield f"{name} holds a comma, which separates former values: {_ADVICE}"


def _is_example(secret: str) -> bool:
    text = secret.strip().lower()
    return text in _EXAMPLES or text.startswith(_EXAMPLES_BEGIN)


def _values(current: SecretStr | None, former: SecretStr | None) -> tuple[str, ...]:
    """Return the current value, the empty text if it is unset, and the former ones."""
    newest = current.get_secret_value() if current is not None else ""
    return (newest, *(_split(former) if former is not None else ()))


def _split(former: SecretStr) -> list[str]:
    return [text.strip() for text in former.get_secret_value().split(",") if text.strip()]
