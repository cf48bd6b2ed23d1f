"""How long things may take, from the shortest to the longest; a test holds the order.

A drain ends before the job limit, and a job before what it claimed is due again, so that
no two workers hold the same rows while both are alive.
"""

from datetime import timedelta

DRAIN = timedelta(seconds=18)
"""A drain leaves the rest to its successor after this."""

STATEMENT = timedelta(seconds=20)
"""PostgreSQL ends a statement of a job that takes longer."""

JOB_LIMIT = timedelta(seconds=25)
"""RQ stops a job that takes longer."""

LEASE = timedelta(seconds=30)
"""What was claimed, and neither settled nor put back, is due again after this."""
