"""Scope every row: two roles, a policy for each table, and nothing for anyone else.

`talkhub_app` sees the workspace that the transaction names, `talkhub_system` sees all.
The login that runs the migrations becomes a member of both and lowers itself to one of
them in every transaction. Supabase's `anon` and `authenticated` reach nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APP, SYSTEM = "talkhub_app", "talkhub_system"
STRANGERS = ("anon", "authenticated")

SCOPED = (
    "tokens",
    "api_keys",
    "channels",
    "audit_entries",
    "idempotency_keys",
    "user_profiles",
    "identities",
    "profile_changes",
    "profile_facts",
    "tombstones",
    "chat_sessions",
    "conversations",
    "message_index",
    "inbound_events",
    "outbound_messages",
    "webhook_endpoints",
    "delivery_attempts",
    "conversation_analyses",
    "corrections",
    "dirty_buckets",
    "hourly_stats",
)
KEYED_OTHERWISE = {
    "tokens",
    "idempotency_keys",
    "tombstones",
    "message_index",
    "hourly_stats",
    "memberships",
    "schedule_runs",
    "delivery_attempts_default",
    "alembic_version",
}
"""The tables without an `id` of their own, and so without a sequence."""
SYSTEM_ONLY = ("agencies", "users", "memberships", "login_attempts", "schedule_runs")


def upgrade() -> None:
    # Before the policies: under FORCE ROW LEVEL SECURITY not even the owner may insert.
    op.execute("insert into workspaces (id, slug, name) values (1, 'default', 'TalkHub')")
    op.execute("select setval('workspaces_id_seq', 1)")
    _create_roles()
    # Without `set search_path`, which would keep PostgreSQL from inlining it: seven microseconds
    # for each table of a statement. A body of this form is bound when it is created.
    op.execute(
        "create function current_workspace() returns bigint language sql stable "
        "return nullif(current_setting('app.workspace_id', true), '')::bigint"
    )
    op.execute("revoke all on function current_workspace() from public")
    for role in STRANGERS:
        op.execute(_where_it_exists(f"revoke all on function current_workspace() from {role}"))
    op.execute(f"grant execute on function current_workspace() to {APP}, {SYSTEM}")
    for table in (*SCOPED, *SYSTEM_ONLY, "workspaces", "delivery_attempts_default"):
        _close(table)
        _withdraw_from_strangers(table)
    # Alembic made it before us, with the privileges that Supabase gives every new table.
    _withdraw_from_strangers("alembic_version")
    for table in SCOPED:
        _grant(APP, table, "workspace_id = (select current_workspace())")
        _grant(SYSTEM, table, "true")
    for table in (*SYSTEM_ONLY, "workspaces"):
        _grant(SYSTEM, table, "true")
    op.execute(f"grant select on workspaces to {APP}")
    op.execute(
        f"create policy {APP} on workspaces for select to {APP} "
        "using (id = (select current_workspace()))"
    )
    # The trail of what happened can be added to, and sealed, but not rewritten.
    op.execute(f"revoke update, delete on audit_entries from {APP}")
    _withdraw_default_privileges()


def downgrade() -> None:
    for table in (*SCOPED, *SYSTEM_ONLY, "workspaces"):
        for role in (APP, SYSTEM):
            op.execute(f"drop policy if exists {role} on {table}")
            op.execute(f"revoke all on {table} from {role}")
        op.execute(f"alter table {table} disable row level security, no force row level security")
    op.execute(f"revoke all on all sequences in schema public from {APP}, {SYSTEM}")
    op.execute("drop function current_workspace()")
    op.execute(f"revoke usage on schema public from {APP}, {SYSTEM}")
    op.execute("delete from workspaces where id = 1")
    # The roles belong to the whole server and stay: another database may use them.


def _create_roles() -> None:
    for role in (APP, SYSTEM):
        # A unique violation: another database of this server is being migrated right now.
        op.execute(
            "do $$ begin "
            f"create role {role} nologin; "
            "exception when duplicate_object or unique_violation then null; end $$"
        )
        op.execute(f"grant {role} to current_user")
        op.execute(f"grant usage on schema public to {role}")


def _close(table: str) -> None:
    op.execute(f"alter table {table} enable row level security, force row level security")


def _grant(role: str, table: str, condition: str) -> None:
    op.execute(f"grant select, insert, update, delete on {table} to {role}")
    if table not in KEYED_OTHERWISE:
        op.execute(f"grant usage, select on sequence {table}_id_seq to {role}")
    op.execute(
        f"create policy {role} on {table} to {role} using ({condition}) with check ({condition})"
    )


def _withdraw_from_strangers(table: str) -> None:
    """Take away what Supabase grants its API roles on every new table in `public`."""
    op.execute(f"revoke all on {table} from public")
    things = [f"table {table}"]
    if table not in KEYED_OTHERWISE:
        things.append(f"sequence {table}_id_seq")
    for thing in things:
        for role in STRANGERS:
            op.execute(_where_it_exists(f"revoke all on {thing} from {role}"))


def _withdraw_default_privileges() -> None:
    # Not of one schema: there PostgreSQL only adds to what PUBLIC has on every new function.
    op.execute("alter default privileges revoke all on functions from public")
    for kind in ("tables", "sequences", "functions"):
        op.execute(f"alter default privileges in schema public revoke all on {kind} from public")
        for role in STRANGERS:
            op.execute(
                _where_it_exists(
                    f"alter default privileges in schema public revoke all on {kind} from {role}"
                )
            )


def _where_it_exists(statement: str) -> str:
    """Run `statement` only where its role exists: Supabase's are not on a plain server."""
    return f"do $$ begin {statement}; exception when undefined_object then null; end $$"
