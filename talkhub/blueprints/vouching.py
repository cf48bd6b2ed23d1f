"""Who else may vouch for people, as the settings say."""

from __future__ import annotations

from typing import TypeVar

from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.services.access.company_login import Company, CompanyLogin
from talkhub.services.access.supabase_login import SupabaseLogin
from talkhub.settings import reveal

Login = TypeVar("Login")


def there(login: Login | None) -> Login:
    """Return a login that the settings switch on; raises NotFound for one that they do not."""
    if login is None:
        raise NotFound("This way in is not switched on.")
    return login


def company_login(runtime: Runtime) -> CompanyLogin | None:
    """Return the company's own login; None where there is none."""
    settings = runtime.settings
    if settings.oidc_issuer is None:
        return None
    company = Company(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=reveal(settings.oidc_client_secret),
        allowed_domains=settings.oidc_allowed_domains,
    )
    return CompanyLogin(runtime.outbound, company)


def supabase_login(runtime: Runtime) -> SupabaseLogin | None:
    """Return the Supabase project's login; None where it is not to let anybody in."""
    settings = runtime.settings
    if not settings.supabase_sign_in:
        return None
    return SupabaseLogin(
        runtime.outbound,
        settings.supabase_url or "",
        anon_key=settings.supabase_anon_key or "",
        jwt_secret=reveal(settings.supabase_jwt_secret),
    )
