"""The statements of what a workspace wants masked before it is stored."""

from collections.abc import Sequence

MASKS_NUMBERS = """
select masks_numbers from workspaces where id = %(workspace_id)s
"""

SET_MASKING = """
update workspaces set masks_numbers = %(masks)s
where id = %(workspace_id)s and masks_numbers <> %(masks)s
returning id
"""

MASK_CONVERSATIONS = """
with r as (
  select * from jsonb_to_recordset(%(rows)s::jsonb) as r (
    id bigint, messages jsonb, metadata jsonb, intent_analysis jsonb, fingerprint text)
), read as (
  update enrichments e set transcript = decode(r.fingerprint, 'hex')
  from r join conversations c on c.workspace_id = %(workspace_id)s and c.id = r.id
  where e.workspace_id = %(workspace_id)s and e.conversation_id = r.id
    and e.transcript = c.fingerprint
)
update conversations c
set messages = r.messages, metadata = r.metadata, intent_analysis = r.intent_analysis,
    fingerprint = decode(r.fingerprint, 'hex'), stems = null, fence = c.fence + 1, attempts = 0,
    analysed_version = case when c.analysed_version is not null then %(version)s end
from r
where c.workspace_id = %(workspace_id)s and c.id = r.id
"""
"""An analysis that is running on the whole numbers is not stored, and the one that there is counts
as an old one: it is made again in the background, and nobody is told of it as of something new.
"""

DROP_BODIES = """
update inbound_events set raw = null, payload = null
where workspace_id = %(workspace_id)s and id = any(array(
  select id from inbound_events
  where workspace_id = %(workspace_id)s and state in ('done', 'ignored')
    and (raw is not null or payload is not null)
  order by id limit %(limit)s))
"""

BODIES_LEFT = """
select count(*) from inbound_events
where workspace_id = %(workspace_id)s and state in ('done', 'ignored')
  and (raw is not null or payload is not null)
"""

STORED_ANSWERS = """
select principal, tool, key, answer from idempotency_keys
where workspace_id = %(workspace_id)s
  and (principal, tool, key) > (%(principal)s, %(tool)s, %(key)s)
order by principal, tool, key limit %(limit)s
"""

MASK_ANSWERS = """
update idempotency_keys k set answer = r.answer
from jsonb_to_recordset(%(rows)s::jsonb) as r (principal text, tool text, key text, answer jsonb)
where k.workspace_id = %(workspace_id)s and k.principal = r.principal and k.tool = r.tool
  and k.key = r.key
"""


def count_rows(table: str) -> str:
    """Return the statement that counts a workspace's rows of a table."""
    return f"select count(*) from {table} where workspace_id = %(workspace_id)s"


def read_texts(table: str, columns: Sequence[str], *, only: str, locks: bool) -> str:
    """Return the statement that reads the texts of a batch of rows, after the id `after`."""
    texts = ", ".join(f"'{column}', {column}" for column in columns)
    return f"""
select id, jsonb_build_object({texts}) as texts from {table}
where workspace_id = %(workspace_id)s and id > %(after)s and {only}
order by id limit %(limit)s {"for update" if locks else ""}"""


def write_texts(table: str, columns: Sequence[str]) -> str:
    """Return the statement that puts other texts into rows."""
    texts = ", ".join(f"{column} = r.{column}" for column in columns)
    return f"""
update {table} t set {texts}
from jsonb_populate_recordset(null::{table}, %(rows)s::jsonb) r
where t.workspace_id = %(workspace_id)s and t.id = r.id"""
