"""The statements of alerts: their rules, what they watch, their history."""

WORKSPACES_WITH_RULES = """
select distinct workspace_id from alert_rules where is_enabled order by 1
"""

COUNT_RULES = "select count(*) from alert_rules where workspace_id = %(workspace_id)s"

_RULE = """id, name, kind, direction, threshold, clears_at, window_minutes, hold_minutes, minimum,
  is_enabled, is_fired, turning_since, value, checked_at"""

RULES = f"""
select {_RULE} from alert_rules
where workspace_id = %(workspace_id)s and (%(id)s::bigint is null or id = %(id)s)
order by id
"""

RULES_TO_WATCH = f"""
select {_RULE} from alert_rules
where workspace_id = %(workspace_id)s and is_enabled
order by id for update skip locked
"""
"""Under their locks: of several schedulers one looks at a rule, and the next sees what it did."""

LOCK_RULE = f"""
select {_RULE} from alert_rules
where workspace_id = %(workspace_id)s and id = %(id)s for update
"""

ADD_RULE = """
insert into alert_rules
  (workspace_id, name, kind, direction, threshold, clears_at, window_minutes, hold_minutes,
   minimum, is_enabled)
values (%(workspace_id)s, %(name)s, %(kind)s, %(direction)s, %(threshold)s, %(clears_at)s,
  %(window_minutes)s, %(hold_minutes)s, %(minimum)s, %(is_enabled)s)
returning id
"""

CHANGE_RULE = """
update alert_rules
set name = %(name)s, kind = %(kind)s, direction = %(direction)s, threshold = %(threshold)s,
    clears_at = %(clears_at)s, window_minutes = %(window_minutes)s,
    hold_minutes = %(hold_minutes)s, minimum = %(minimum)s, is_enabled = %(is_enabled)s,
    is_fired = false, turning_since = null, value = null, checked_at = null
where workspace_id = %(workspace_id)s and id = %(id)s
"""
"""A changed rule is a new question: it begins calm."""

DELETE_RULE = """
delete from alert_rules where workspace_id = %(workspace_id)s and id = %(id)s
"""

NOTE_STANDING = """
update alert_rules
set is_fired = %(is_fired)s, turning_since = %(turning_since)s, value = %(value)s,
    checked_at = %(now)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""

OPEN_ALERT = """
insert into alerts (workspace_id, rule_id, name, kind, threshold, fired_at, fired_value)
values (%(workspace_id)s, %(rule_id)s, %(name)s, %(kind)s, %(threshold)s, %(now)s, %(value)s)
returning id
"""

CLOSE_ALERT = """
update alerts set cleared_at = %(now)s, cleared_value = %(value)s
where workspace_id = %(workspace_id)s and rule_id = %(rule_id)s and cleared_at is null
returning id, name, kind, threshold, fired_at
"""

ALERTS = """
select id, rule_id, name, kind, threshold, fired_at, fired_value, cleared_at, cleared_value
from alerts
where workspace_id = %(workspace_id)s and (%(before)s::bigint is null or id < %(before)s)
order by id desc limit %(limit)s
"""

FORGET_ALERTS = """
delete from alerts where cleared_at < clock_timestamp() - interval '400 days'
"""

FAILED_WEBHOOKS = """
select (
  select count(*) from delivery_attempts
  where workspace_id = %(workspace_id)s
    and attempted_at >= %(start)s and attempted_at < %(end)s
    and webhook_endpoint_id is not null
    and (status_code is null or status_code not between 200 and 299)
) + (
  select count(*) from inbound_events
  where workspace_id = %(workspace_id)s and state = 'dead'
    and received_at >= %(start)s and received_at < %(end)s)
"""

OLDEST_WAITING = """
select coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0)::float8
from inbound_events
where workspace_id = %(workspace_id)s and state = 'pending' and due_at <= clock_timestamp()
"""
"""Since it was due: an event that waits for its next attempt, or came long ago and was sent round
again, waits for no worker."""
