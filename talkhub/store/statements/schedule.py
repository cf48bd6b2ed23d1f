"""The statements of the schedule. Slots are cut by the database's clock, in UTC."""

TAKE_SLOT = """
insert into schedule_runs (name, slot)
values (%(name)s, to_timestamp(floor(
  extract(epoch from clock_timestamp()) / %(seconds)s) * %(seconds)s))
on conflict do nothing
returning slot
"""

DELETE_OLD_SLOTS = """
delete from schedule_runs where slot < clock_timestamp() - interval '7 days'
"""
