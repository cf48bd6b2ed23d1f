"""The statement that proves how low a transaction's role is."""

EFFECTIVE_ROLE = """
select current_user::text, r.rolsuper, r.rolbypassrls,
       exists (select from pg_class c where c.relowner = r.oid and c.relname = 'conversations')
from pg_roles r where r.rolname = current_user
"""
"""The role, then three claims that must all be false: superuser, above policies, owner.

It fails while the schema is missing, because the role is then missing too.
"""
