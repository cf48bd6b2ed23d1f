"""The commands: `python -m talkhub.cli`, one module for each kind."""
