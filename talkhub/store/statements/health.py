"""The statement that proves how low a transaction's role is."""

EFFECTIVE_ROLE = """
select current_user::text, r.rolsuper, r.rolbypassrls,
       exists (select from pg_class c where c.relowner = r.oid and c.relname = 'conversations'),
       to_regclass('public.conversations') is null
from pg_roles r where r.rolname = current_user
"""
"""The role, then four claims that must all be false: superuser, above policies, owner, no schema.

It fails on a server that was never migrated, because the role is then missing.
"""
