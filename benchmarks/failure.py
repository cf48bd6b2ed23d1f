"""Why a measurement cannot be made."""


class CannotMeasure(Exception):
    """A measurement cannot be made or must not be believed; the message says why."""
