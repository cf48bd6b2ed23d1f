"""The common table expressions that find a person or make one."""


def person(*, unless: str = "false") -> str:
    """Return expressions that yield one row `person(profile_id)`.

    None if another transaction makes the person right now: the caller then runs its
    statement again, which finds the person. Nobody is made where `unless` holds.
    """
    return f"""
known as (
  select coalesce(merged_into_id, id) as profile_id
  from user_profiles
  where workspace_id = %(workspace_id)s and user_id = %(user_id)s
), made as (
  insert into user_profiles
    (workspace_id, user_id, name, phone, email, first_seen_at, last_seen_at)
  select %(workspace_id)s, %(user_id)s, %(name)s, %(phone)s, %(email)s, %(now)s, %(now)s
  where not exists (select from known) and not ({unless})
  on conflict (workspace_id, user_id) do nothing
  returning id as profile_id
), person as (
  select profile_id from known union all select profile_id from made
)"""


FIND_OR_MAKE_PEOPLE = """
with given as (
  select * from unnest(
    %(user_ids)s::text[], %(names)s::text[], %(phones)s::text[], %(emails)s::text[],
    %(locales)s::text[], %(first)s::timestamptz[], %(last)s::timestamptz[],
    %(known_as)s::bigint[]
  ) as g (user_id, name, phone, email, locale, first_at, last_at, known_as)
)
insert into user_profiles as p
  (workspace_id, user_id, name, phone, email, locale, first_seen_at, last_seen_at,
   merged_into_id)
select %(workspace_id)s, user_id, name, phone, email, locale, first_at, last_at, known_as
from given order by user_id
on conflict (workspace_id, user_id) do update
set name = coalesce(p.name, excluded.name), phone = coalesce(p.phone, excluded.phone),
    email = coalesce(p.email, excluded.email), locale = coalesce(p.locale, excluded.locale),
    first_seen_at = least(p.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at), updated_at = %(now)s
returning p.user_id, p.id, coalesce(p.merged_into_id, p.id) as profile_id
"""
"""What a provider says of a person fills gaps only: it never overwrites what is known.

`known_as` is the person whom a new id turned out to name: it begins as merged into them.
"""

KNOWN_PEOPLE = """
select 'user_id' as kind, user_id as value, coalesce(merged_into_id, id) as profile_id
from user_profiles
where workspace_id = %(workspace_id)s and user_id = any(%(user_ids)s)
union all
select i.kind, i.value, coalesce(p.merged_into_id, p.id)
from unnest(%(kinds)s::text[], %(values)s::text[]) as g (kind, value)
join identities i on i.workspace_id = %(workspace_id)s and i.kind = g.kind
  and i.value = g.value and i.channel_id is null
join user_profiles p on p.id = i.profile_id
"""

ADD_IDENTITIES = """
insert into identities (workspace_id, kind, value, channel_id, profile_id)
select %(workspace_id)s, g.kind, g.value, null, g.profile_id
from unnest(%(kinds)s::text[], %(values)s::text[], %(profile_ids)s::bigint[])
  as g (kind, value, profile_id)
on conflict do nothing
"""

MAKE_PERSON = f"with {person()} select profile_id from person"
