"""The statements behind the keys that sign tokens."""

SIGNING_KEYS = """
select kid, secret_id from signing_keys
where secret_id = any(%(secret_ids)s::text[])
order by
  (retired_at is null and created_at < clock_timestamp() - %(settling)s::interval) desc,
  retired_at desc nulls last
"""
"""The key that signs comes first: a new one only once every process can know it."""

ADD_SIGNING_KEY = """
insert into signing_keys (kid, secret_id) values (%(kid)s, %(secret_id)s)
on conflict (secret_id) where retired_at is null do nothing
"""

RETIRE_SIGNING_KEY = """
update signing_keys set retired_at = clock_timestamp()
where secret_id = %(secret_id)s and retired_at is null
  and created_at < clock_timestamp() - %(older_than)s
returning kid
"""

DELETE_RETIRED_SIGNING_KEYS = """
delete from signing_keys where retired_at < clock_timestamp() - %(kept_for)s
"""
