"""The statements behind what people prove themselves with beside their password."""

IS_CONFIRMED = """exists (
  select from second_factors f where f.user_id = u.id and f.confirmed_at is not null
)"""
"""Whether the user `u` has one that is in force."""

SECOND_FACTOR_OF = """
select f.secret_encrypted, f.confirmed_at, f.last_step,
  (select count(*) from recovery_codes c
   where c.user_id = f.user_id and c.used_at is null) as codes_left
from second_factors f where f.user_id = %(user_id)s
"""

BEGIN_SECOND_FACTOR = """
insert into second_factors (user_id, secret_encrypted, key_id)
values (%(user_id)s, %(secret)s, %(key_id)s)
on conflict (user_id) do update
set secret_encrypted = excluded.secret_encrypted, key_id = excluded.key_id
where second_factors.confirmed_at is null
"""

TAKE_STEP = """
update second_factors set last_step = %(step)s
where user_id = %(user_id)s and last_step < %(step)s
returning user_id
"""
"""Nothing for a code that was taken before, or is older than one that was."""

CONFIRM_SECOND_FACTOR = """
update second_factors set confirmed_at = clock_timestamp()
where user_id = %(user_id)s and confirmed_at is null
returning user_id
"""

ADD_RECOVERY_CODES = """
insert into recovery_codes (user_id, code_hash)
select %(user_id)s, unnest(%(hashes)s::bytea[])
"""

USE_RECOVERY_CODE = """
update recovery_codes set used_at = clock_timestamp()
where user_id = %(user_id)s and code_hash = %(code_hash)s and used_at is null
returning user_id
"""

FORGET_SECOND_FACTOR = """
with gone as (delete from recovery_codes where user_id = %(user_id)s)
delete from second_factors where user_id = %(user_id)s
returning user_id
"""

REQUIRE_SECOND_FACTOR = """
update workspaces set requires_second_factor = %(is_required)s where id = %(workspace_id)s
"""

IS_SECOND_FACTOR_REQUIRED = """
select requires_second_factor from workspaces where id = %(workspace_id)s
"""
