"""What waits for the workers, queue by queue, of one workspace."""

QUEUES = """
select name, waiting, oldest_at, dead from (
  select 'inbox' as name, 1 as place,
    (select count(*) from (select from inbound_events
      where workspace_id = %(workspace_id)s and state = 'pending' limit %(most)s) as w) as waiting,
    (select min(received_at) from inbound_events
      where workspace_id = %(workspace_id)s and state = 'pending') as oldest_at,
    (select count(*) from (select from inbound_events
      where workspace_id = %(workspace_id)s and state = 'dead' limit %(most)s) as d) as dead
  union all
  select 'analysis', 2,
    (select count(*) from (select from conversations
      where workspace_id = %(workspace_id)s and analysis_due_at is not null limit %(most)s) as w),
    (select min(analysis_due_at) from conversations
      where workspace_id = %(workspace_id)s and analysis_due_at is not null), 0
  union all
  select 'figures', 3,
    (select count(*) from (select from dirty_buckets
      where workspace_id = %(workspace_id)s limit %(most)s) as w), null, 0
  union all
  select 'people', 4,
    (select count(*) from (select from user_profiles
      where workspace_id = %(workspace_id)s and stats_due_at is not null limit %(most)s) as w),
    (select min(stats_due_at) from user_profiles
      where workspace_id = %(workspace_id)s and stats_due_at is not null), 0
  union all
  select 'outbox', 5,
    (select count(*) from (select from outbound_messages
      where workspace_id = %(workspace_id)s and state = 'pending' limit %(most)s) as w),
    (select min(created_at) from outbound_messages
      where workspace_id = %(workspace_id)s and state = 'pending'),
    (select count(*) from (select from outbound_messages
      where workspace_id = %(workspace_id)s and state = 'dead' limit %(most)s) as d)
) as queues
order by place
"""
"""Each with what waits, since when, and what was given up; counts go up to `most`."""
