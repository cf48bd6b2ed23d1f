"""The statement that tells how right reviewed analyses were."""

REVIEWED_ACCURACY = """
select review as kind, field, count(*) as judged, count(*) filter (where value = previous) as right
from (
  select review, field, value, previous from corrections
  where workspace_id = %(workspace_id)s and review is not null and undone_at is null
    and message_id is null and field = any(%(fields)s)
  order by id desc limit %(limit)s) latest
group by review, field
order by review, field
"""
