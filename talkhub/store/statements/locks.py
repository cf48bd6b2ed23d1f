"""Advisory locks, always a transaction's: a pooler would leave a session's lock behind."""

LOCK = "select pg_advisory_xact_lock(hashtextextended(%(key)s, 0))"

TRY_LOCK = "select pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0))"
"""Tells whether the lock is had, and waits for nobody."""

LOCK_ALL = """
select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest(%(keys)s::text[]) as key
"""
"""Keys are sorted by the caller, so that two transactions never wait for each other."""
