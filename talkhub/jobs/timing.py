"""How long things may take, from the shortest to the longest; a test holds the order.

A drain ends before the job limit. What a killed worker had claimed should be done soon, so
the first lease is short; it doubles with each attempt until it outlasts any job. Whoever is
slower than their lease finds their fence gone, and stores nothing.
"""

from datetime import timedelta

DRAIN = timedelta(seconds=18)
"""A drain leaves the rest to its successor after this."""

STATEMENT = timedelta(seconds=20)
STATEMENT_MS = int(STATEMENT.total_seconds() * 1000)
"""PostgreSQL ends a statement of a job that takes longer."""

JOB_LIMIT = timedelta(seconds=25)
"""RQ stops a job that takes longer."""

LEASE = timedelta(seconds=8)
"""What a drain claimed, and neither settled nor put back, is due again after this."""

LEASE_DOUBLES = 2
"""How often a lease is twice the one before; after that it stays as it is."""

DELIVERY_LEASE = timedelta(seconds=30)
"""The same for the courier, whose deliveries have limits of their own."""
