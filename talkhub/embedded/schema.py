"""Whether the database's schema is the one that this code was written for."""

from __future__ import annotations

import psycopg2
from sqlalchemy.engine import make_url

from talkhub.store.needed_schema import needed_revision


def is_current(database_url: str) -> bool:
    """Tell whether nothing is to be migrated, without the second that asking Alembic takes.

    False also if the database cannot be asked: Alembic then says why.
    """
    url = make_url(database_url).set(drivername="postgresql")
    try:
        connection = psycopg2.connect(url.render_as_string(hide_password=False), connect_timeout=5)
    except psycopg2.OperationalError:
        return False
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select version_num from alembic_version")
            return cursor.fetchall() == [(needed_revision(),)]
    except psycopg2.Error:
        return False
    finally:
        connection.close()
