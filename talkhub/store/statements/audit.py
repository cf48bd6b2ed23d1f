"""The statements of the audit trail: add to it, seal it, and read it as it was sealed."""

WRITE_DOWN = """
insert into audit_entries (workspace_id, actor, action, subject, detail, address)
values (%(workspace_id)s, %(actor)s, %(action)s, %(subject)s, %(detail)s, %(address)s)
"""

WRITE_READING_DOWN = """
insert into audit_entries (workspace_id, actor, action, subject, address)
values (%(workspace_id)s, %(actor)s, %(action)s, %(subject)s, %(address)s)
on conflict do nothing
"""
"""Once an hour for each reader and what they read: uq_audit_entries_reading says so."""

WORKSPACES_TO_SEAL = """
select distinct workspace_id from audit_entries where seal is null order by workspace_id
"""

OPEN_CHAIN = """
insert into audit_chains (workspace_id) values (%(workspace_id)s) on conflict do nothing
"""

HOLD_CHAIN = """
select entries, seal, mark, sealed_at from audit_chains
where workspace_id = %(workspace_id)s
for update
"""

READ_CHAIN = """
select entries, seal, mark, sealed_at from audit_chains where workspace_id = %(workspace_id)s
"""

_ENTRY = "id, workspace_id, actor, action, subject, detail, address, at, position, seal"

UNSEALED = f"""
select {_ENTRY} from audit_entries
where workspace_id = %(workspace_id)s and seal is null
order by id
limit %(limit)s
"""

SEAL = """
update audit_entries
set position = sealed.position, seal = sealed.seal
from unnest(%(ids)s::bigint[], %(positions)s::bigint[], %(seals)s::bytea[])
  as sealed (id, position, seal)
where audit_entries.workspace_id = %(workspace_id)s and audit_entries.id = sealed.id
  and audit_entries.seal is null
"""
"""The only statement that changes an entry; talkhub_system alone may, and only these columns."""

MOVE_CHAIN = """
update audit_chains
set entries = %(entries)s, seal = %(seal)s, mark = %(mark)s, sealed_at = clock_timestamp()
where workspace_id = %(workspace_id)s
"""

SEALED = f"""
select {_ENTRY} from audit_entries
where workspace_id = %(workspace_id)s and position > %(after)s
order by position
limit %(limit)s
"""

UNSEALED_TAIL = """
select count(*) as entries, min(at) as oldest_at from audit_entries
where workspace_id = %(workspace_id)s and seal is null
"""
