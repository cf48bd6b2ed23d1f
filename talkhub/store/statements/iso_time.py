"""How a time reads inside JSON that PostgreSQL builds."""


def iso(column: str) -> str:
    """Return SQL for a time as ISO 8601 in UTC, whatever the server's time zone."""
    return f"to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
