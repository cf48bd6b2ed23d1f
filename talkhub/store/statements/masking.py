"""The statements of what a workspace wants masked before it is stored."""

MASKS_NUMBERS = """
select masks_numbers from workspaces where id = %(workspace_id)s
"""

SET_MASKING = """
update workspaces set masks_numbers = %(masks)s
where id = %(workspace_id)s and masks_numbers <> %(masks)s
returning id
"""
