"""Protections of the service, how each is taken out of the code, and a test that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weakening:
    """A protection that is gone once `old`, which stands in `file` once, has become `new`."""

    control: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


WEAKENINGS = (
    Weakening(
        "requests are lowered to their workspace",
        "talkhub/store/uow.py",
        'f"role {role.value}"',
        '"role talkhub_system"',
        ("tests/store/test_scope.py::test_a_workspace_sees_its_own_rows_only",),
    ),
    Weakening(
        "row-level security is forced",
        "migrations/versions/0005_scope_every_row.py",
        "alter table {table} enable row level security, force row level security",
        "alter table {table} enable row level security",
        ("tests/contract/test_schema.py::test_row_security_is_forced_on_every_table",),
    ),
    Weakening(
        "Meta's signature",
        "talkhub/channels/signatures.py",
        "return _is_any(bytes.fromhex(signature[1]), digests)",
        "return bool(digests)",
        (
            (
                "tests/unit/channels/test_signatures.py"
                "::test_meta_signature_is_checked_over_the_raw_bytes"
            ),
        ),
    ),
    Weakening(
        "the shared secret of UChat and Evolution API",
        "talkhub/channels/signatures.py",
        "return _is_any(_header_bytes(given), [secret.encode() for secret in secrets if secret])",
        "return bool(given and secrets)",
        ("tests/unit/channels/test_signatures.py::test_uchat_is_refused_without_its_secret",),
    ),
    Weakening(
        "Telegram's secret token",
        "talkhub/channels/telegram.py",
        "return signatures.is_shared_secret(given, secrets)",
        "return bool(given)",
        (
            "tests/unit/channels/test_signatures.py::test_telegram_proves_itself_by_its_secret_token",
        ),
    ),
    Weakening(
        "no writes from other sites",
        "talkhub/blueprints/web.py",
        "    if not is_ours:",
        "    if not is_ours and not request.url:",
        ("tests/dashboard/test_login.py::test_another_site_cannot_send_our_forms",),
    ),
    Weakening(
        "allowed origins are matched whole",
        "talkhub/blueprints/strangers.py",
        'r"[A-Za-z0-9.-]+") + "$")',
        'r"[A-Za-z0-9.-]+"))',
        ("tests/web/test_cors.py::test_any_other_origin_may_not",),
    ),
    Weakening(
        "a token's scopes",
        "talkhub/security.py",
        "if scope not in principal.scopes:",
        "if not principal.scopes:",
        ("tests/web/test_access_tokens.py::test_a_tool_needs_its_scope",),
    ),
    Weakening(
        "a token's signature",
        "talkhub/security.py",
        'options={"require": REQUIRED_CLAIMS}',
        'options={"require": REQUIRED_CLAIMS, "verify_signature": False}',
        ("tests/web/test_access_tokens.py::test_a_token_that_we_did_not_sign_is_refused",),
    ),
    Weakening(
        "a token's audience",
        "talkhub/security.py",
        'options={"require": REQUIRED_CLAIMS}',
        'options={"require": REQUIRED_CLAIMS, "verify_aud": False}',
        ("tests/web/test_access_tokens.py::test_a_token_with_a_wrong_claim_is_refused",),
    ),
    Weakening(
        "a token's end",
        "talkhub/security.py",
        'options={"require": REQUIRED_CLAIMS}',
        'options={"require": REQUIRED_CLAIMS, "verify_exp": False}',
        ("tests/web/test_access_tokens.py::test_a_token_with_a_wrong_claim_is_refused",),
    ),
    Weakening(
        "revoked tokens are refused",
        "talkhub/blueprints/gate.py",
        "if principal.token_id in self._runtime.revoked:",
        "if not principal.token_id:",
        ("tests/web/test_access_tokens.py::test_a_revoked_token_is_refused_at_once",),
    ),
    Weakening(
        "limits of requests",
        "talkhub/volatile/limits.py",
        "    if wait:",
        "    if wait < 0:",
        ("tests/web/test_rate_limits.py::test_a_token_may_ask_so_often_and_no_more",),
    ),
    Weakening(
        "guessers wait",
        "talkhub/services/access/admin_tries.py",
        "    if here >= MAX_FAILURES:",
        "    if here < 0:",
        ("tests/web/test_access_tokens.py::test_an_address_that_fails_ten_times_must_wait",),
    ),
    Weakening(
        "passwords are checked",
        "talkhub/security.py",
        "    return matches and bool(password_hash)",
        "    return matches or bool(password)",
        ("tests/unit/security/test_secrets.py::test_without_a_hash_no_password_fits",),
    ),
    Weakening(
        "weak secrets keep production from starting",
        "talkhub/settings/secrets.py",
        "    elif least is not None and len(secret) < least:",
        "    elif not secret:",
        (
            (
                "tests/unit/settings/test_setting_secrets.py"
                "::test_production_does_not_start_with_a_weak_secret"
            ),
        ),
    ),
    Weakening(
        "what is encrypted is bound to its row",
        "talkhub/encryption.py",
        "    return head + bound_to.encode()",
        "    return head",
        (
            (
                "tests/unit/security/test_encryption.py"
                "::test_what_was_moved_to_another_place_is_not_read_there"
            ),
        ),
    ),
    Weakening(
        "no calls into our own network",
        "talkhub/outbound/addresses.py",
        "    return address.is_global and not is_special",
        "    return not is_special",
        ("tests/outbound/test_guarded.py::test_an_address_that_is_not_of_the_open_internet",),
    ),
    Weakening(
        "the content security policy",
        "talkhub/blueprints/web.py",
        "script-src 'self';",
        "script-src 'self' 'unsafe-inline';",
        ("tests/web/test_every_response.py::test_the_security_headers_are_there_once",),
    ),
    Weakening(
        "what people write is escaped",
        "talkhub/app.py",
        "    app.jinja_env.undefined = StrictUndefined",
        "    app.jinja_env.undefined = StrictUndefined\n    app.jinja_env.autoescape = False",
        ("tests/dashboard/test_transcript.py::test_what_people_write_is_text_and_nothing_else",),
    ),
    Weakening(
        "no formula in a spreadsheet",
        "talkhub/services/exporting/export_formats.py",
        "        text = without_formula(text)",
        "        text = str(text)",
        (
            "tests/unit/services/test_export_formats.py::test_no_text_becomes_a_formula_in_csv_alone",
        ),
    ),
    Weakening(
        "erased people stay erased",
        "talkhub/services/people/tombstones.py",
        "    return bool(erasures) and (sighting is None or sighting.at <= max(erasures))",
        "    return bool(erasures) and sighting is None",
        (
            (
                "tests/privacy/test_erasing.py"
                "::test_nothing_of_an_erased_person_is_left_and_the_figures_stay"
            ),
        ),
    ),
    Weakening(
        "what happened is written down",
        "talkhub/services/audit.py",
        '            "action": action,',
        '            "action": "",',
        ("tests/web/test_access_tokens.py::test_a_wrong_secret_is_audited",),
    ),
    Weakening(
        "logs name nobody",
        "talkhub/logs.py",
        '    text = _EMAIL.sub("•••@•••", text)',
        "    text = str(text)",
        ("tests/unit/test_logs.py::test_what_names_a_person_is_masked",),
    ),
    Weakening(
        "documents nest to a limit",
        "talkhub/strict_json.py",
        "MAX_DEPTH = ",
        "MAX_DEPTH = 1000 + ",
        ("tests/unit/test_strict_json.py::test_nesting_is_taken_to_its_limit_and_refused_beyond",),
    ),
)
"""More than twelve: whoever adds a protection that is one line long adds it here."""
