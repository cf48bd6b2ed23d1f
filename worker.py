"""Run the background workers: `python worker.py`."""

from talkhub.embedded.boot import settings_or_exit
from talkhub.jobs.worker import run

if __name__ == "__main__":
    run(settings_or_exit())
