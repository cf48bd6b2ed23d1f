"""The statements of how workspaces show themselves."""

FACE = """
select w.id as workspace_id, w.slug, coalesce(b.name, w.name) as name, w.timezone, b.accent,
  b.logo_digest, b.name is not null as has_own_name
from workspaces w
left join brands b on b.workspace_id = w.id
where w.id = %(workspace_id)s
"""

FACE_OF_SLUG = """
select w.id as workspace_id, w.slug, coalesce(b.name, w.name) as name, w.timezone, b.accent,
  b.logo_digest, b.name is not null as has_own_name
from brands b
join workspaces w on w.id = b.workspace_id
where w.slug = %(slug)s
"""
"""Of a workspace without a brand nothing is told to strangers, not even that it is there."""

LOGO = """
select logo from brands
where workspace_id = %(workspace_id)s and logo_digest = %(digest)s
"""

SET_BRAND = """
insert into brands (workspace_id, name, accent) values (%(workspace_id)s, %(name)s, %(accent)s)
on conflict (workspace_id) do update set name = excluded.name, accent = excluded.accent
"""

SET_LOGO = """
update brands set logo = %(logo)s, logo_digest = %(digest)s where workspace_id = %(workspace_id)s
"""
