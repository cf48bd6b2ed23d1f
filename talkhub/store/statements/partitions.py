"""The partitions of the logs, a month each."""

TEND = "select tend_partitions(%(table)s, %(age)s)"
"""Makes this and the next month's partition of a log, and drops those past their age."""


def _forget_in_default(table: str, moment: str) -> str:
    """Return the statement that deletes some old rows of the partition that is never dropped.

    By their place: the others, which go a month at a time, are not looked through.
    """
    return f"""
delete from {table}
where tableoid = '{table}_default'::regclass and ctid = any(array(
  select ctid from {table}_default
  where {moment} < clock_timestamp() - %(age)s limit %(limit)s))
"""


FORGET_ATTEMPTS = _forget_in_default("delivery_attempts", "attempted_at")
FORGET_REQUESTS = _forget_in_default("request_log", "requested_at")
