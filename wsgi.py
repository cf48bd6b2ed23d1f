"""The WSGI application: `granian --interface wsgi wsgi:app` or `gunicorn wsgi:app`."""

import gc

from talkhub.app import create_app
from talkhub.embedded.boot import settings_or_exit

app = create_app(settings_or_exit())

# What is there now stays until the process ends: looking through it for garbage, every few
# requests, took a twentieth of their time. They leave next to none that needs a search.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
