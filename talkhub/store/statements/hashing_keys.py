"""The statements behind the keys of what is hashed for good."""

HASHING_KEY = """
select key_encrypted from hashing_keys where purpose = %(purpose)s
"""

ADD_HASHING_KEY = """
insert into hashing_keys (purpose, key_encrypted) values (%(purpose)s, %(key)s)
on conflict (purpose) do nothing
"""
