"""Tries of the admin secret."""

WEIGH_TRY = """
select count(*) filter (where address = %(address)s) as here, count(*) as anywhere,
  coalesce(extract(epoch from clock_timestamp() - max(attempted_at)), 0)::float as since_last,
  exists (select from login_attempts
          where kind = %(passed)s and address = %(address)s) as is_known
from login_attempts
where kind = %(failed)s and attempted_at > clock_timestamp() - %(window)s
"""

NOTE_FAILURE = """
insert into login_attempts (kind, subject, address, attempted_at)
values (%(kind)s, %(subject)s, %(address)s, clock_timestamp())
"""
"""Not the transaction's own time: it may have waited for the ones before it."""

NOTE_PASS = """
insert into login_attempts (kind, subject, address)
select %(kind)s, %(subject)s, %(address)s
where not exists (
  select from login_attempts
  where kind = %(kind)s and address = %(address)s
    and attempted_at > clock_timestamp() - interval '1 day')
"""
"""Programs ask for a token again and again; one row a day says that they do."""
