"""The one error of starting up."""


class CannotStart(Exception):
    """The service cannot start; the message is written for its operator."""
