"""The statements of the weekly report."""

WORKSPACES_THAT_WANT_REPORTS = """
select distinct workspace_id from webhook_endpoints
where state = 'active' and %(event)s = any(events) order by 1
"""

TAKE_WEEK = """
insert into weekly_reports (workspace_id, week) values (%(workspace_id)s, %(week)s)
on conflict do nothing returning week
"""
"""In the transaction that tells the report: a week is told once, whoever begins."""
