"""The service's own secrets: former values count, weak ones keep production from starting."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from talkhub.encryption import Keyring
from talkhub.names import Platform
from talkhub.services.sending.channel_accounts import environment_account
from talkhub.settings import Settings

COMPLETE = {
    "TALKHUB_ENV": "production",
    "DATABASE_URL": "postgresql://ana:pw@db/talkhub",
    "REDIS_URL": "redis://redis/0",
    "JWT_SECRET": "a key of more than sixteen characters",
    "ADMIN_SECRET": "a secret of more than sixteen characters",
    "WEBHOOK_SECRET": "another of more than sixteen characters",
    "ENCRYPTION_KEY": "yet another of more than sixteen characters",
}
OURS = ["JWT_SECRET", "ADMIN_SECRET", "WEBHOOK_SECRET", "ENCRYPTION_KEY"]
LETTING_IN = ["JWT_SECRET_PREVIOUS", "ADMIN_SECRET_PREVIOUS", "WEBHOOK_SECRET_PREVIOUS"]


def faults(**changed: str) -> str:
    """Return what a start in production says of settings."""
    with pytest.raises(ValidationError) as refused:
        Settings(**{**COMPLETE, **changed})
    return str(refused.value.errors(include_input=False)[0]["msg"])


@pytest.mark.parametrize(
    "secret",
    [
        *("secret_gerado", "changeme", "kurz", "fifteen letters"),
        *("SEU_WEBHOOK_SECRET", "your-secret-goes-here", "change-me-before-you-start"),
        *("troque-este-valor-por-outro", "<um segredo bem comprido>", "a" * 40, "1212121212121212"),
    ],
)
@pytest.mark.parametrize("name", OURS)
def test_production_does_not_start_with_a_weak_secret(name: str, secret: str) -> None:
    said = faults(**{name: secret})

    assert f"{name} " in said
    assert "openssl rand -hex 32" in said
    assert secret not in said


@pytest.mark.parametrize("name", LETTING_IN)
def test_a_weak_former_value_that_lets_in_is_refused_as_well(name: str) -> None:
    said = faults(**{name: "one of enough length 0123456789, changeme"})

    assert f"{name} still holds an example's text" in said


def test_a_weak_key_is_left_by_naming_it_as_the_former_one() -> None:
    strong = "one of enough length 0123456789"
    settings = Settings(**COMPLETE, ENCRYPTION_KEY_PREVIOUS=f"changeme,{strong},aaaa")

    former, guessable = ("changeme", strong, "aaaa"), frozenset({"changeme", "aaaa"})
    assert settings.keyring == Keyring(COMPLETE["ENCRYPTION_KEY"], former, guessable)


def test_a_key_with_a_comma_is_refused_as_it_could_never_be_named_as_the_former_one() -> None:
    said = faults(ENCRYPTION_KEY="one half 0123456789,another half")

    assert "ENCRYPTION_KEY holds a comma" in said
    assert "half" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADMIN_PASSWORD", "eleven char"),
        ("ADMIN_PASSWORD", "changeme-changeme"),
        ("WHATSAPP_APP_SECRET", "seu_app_secret"),
        ("OIDC_CLIENT_SECRET", "<client secret>"),
        ("LLM_KEY", "your_key"),
        ("DATABASE_URL", "postgresql://postgres:postgres@db/talkhub"),
        ("DIRECT_URL", "postgresql://ana:change%2Dme@db/talkhub"),
        ("DIRECT_URL", "postgresql://postgres:only-on-this-machine@db/postgres"),
        ("REDIS_URL", "redis://:senha@redis/0"),
        ("QUEUE_URL", "redis://:password@queue/0"),
    ],
)
def test_an_examples_text_is_refused_whoever_issues_the_secret(name: str, value: str) -> None:
    assert f"{name} " in faults(**{name: value})


def test_what_others_issue_may_be_as_short_as_they_make_it() -> None:
    settings = Settings(**COMPLETE, WHATSAPP_APP_SECRET="8f3a9c", LLM_KEY="sk-1")

    assert settings.app_secrets == ("8f3a9c",)


def test_all_weak_secrets_are_told_at_once() -> None:
    said = faults(JWT_SECRET="short", ADMIN_SECRET="changeme")

    assert "JWT_SECRET is shorter than 16 characters" in said
    assert "ADMIN_SECRET still holds an example's text" in said


def test_development_starts_with_whatever_it_is_given() -> None:
    settings = Settings(**{**COMPLETE, "TALKHUB_ENV": "development", "ADMIN_SECRET": "x"})

    assert settings.admin_secrets == ("x",)


def test_former_values_count_beside_the_new_one() -> None:
    settings = Settings(
        **COMPLETE,
        ADMIN_SECRET_PREVIOUS="the secret of last year",
        WEBHOOK_SECRET_PREVIOUS=" one before 0123456789 , another before 98765,",
        WHATSAPP_APP_SECRET="app-2",
        WHATSAPP_APP_SECRET_PREVIOUS="app-1",
    )

    assert settings.admin_secrets == (COMPLETE["ADMIN_SECRET"], "the secret of last year")
    assert environment_account(settings, Platform.UCHAT).secrets == (
        COMPLETE["WEBHOOK_SECRET"],
        "one before 0123456789",
        "another before 98765",
    )
    assert environment_account(settings, Platform.WHATSAPP).secrets == ("app-2", "app-1")
