"""The statements that ask how the database itself is."""

EFFECTIVE_ROLE = """
select current_user::text, r.rolsuper, r.rolbypassrls,
       exists (select from pg_class c where c.relowner = r.oid and c.relname = 'conversations'),
       to_regclass('public.conversations') is null,
       (select max(version_num) from alembic_version)
from pg_roles r where r.rolname = current_user
"""
"""The role, then four claims that must all be false: superuser, above policies, owner, no
schema; last the schema's revision.

It fails on a server that was never migrated, because the role is then missing, and before
revision 0029, which lets the role read the revision.
"""

CONNECTION_ROOM = """
select current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int,
       (select count(*) from pg_stat_activity where backend_type = 'client backend')
"""
"""How many connections the server gives to ordinary logins, and how many are open."""

IS_THERE = "select"
"""Nothing is asked but for an answer."""
