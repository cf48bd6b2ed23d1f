"""The statements that find analyses of outdated versions, so that they are made again."""

from talkhub.store.statements.insights import CLAIMED

CLAIM_OUTDATED = f"""
update conversations
set attempts = attempts + 1, fence = fence + 1,
    lease_until = clock_timestamp() + %(lease)s * power(2, least(attempts, %(doubles)s))
where id in (
  select c.id from unnest(%(versions)s::text[]) as v (version) cross join lateral (
    select id from conversations
    where analysed_version = v.version and analysis_due_at is null
      and (lease_until is null or lease_until <= clock_timestamp())
      and (attempts >= 2) = %(suspects)s and attempts < %(max_attempts)s
    order by last_message_at desc limit %(limit)s for update skip locked) as c
  limit %(limit)s)
and not exists (
  select from inbound_events where state = 'pending' and due_at <= clock_timestamp())
and not exists (
  select from conversations where analysis_due_at <= clock_timestamp())
returning {CLAIMED}
"""
"""Takes the latest conversations with an outdated analysis; none while fresh work is due.

They are not marked as due: nobody waits for them, and they keep their analysis until the new one
is there. What failed too often stays as it is until it changes.
"""

OUTDATED_LEFT = """
select count(*) from (
  select from unnest(%(versions)s::text[]) as v (version) cross join lateral (
    select from conversations
    where analysed_version = v.version and analysis_due_at is null
      and attempts < %(max_attempts)s
    order by last_message_at desc limit %(limit)s) as c
  limit %(limit)s) as counted
"""
"""Counts them, up to a limit.

The order makes the planner use the index even while its statistics say that all are outdated.
"""
