"""The WSGI application: `granian --interface wsgi wsgi:app` or `gunicorn wsgi:app`."""

from talkhub.app import create_app, spare_what_stays
from talkhub.embedded.boot import settings_or_exit

app = create_app(settings_or_exit())
spare_what_stays()
