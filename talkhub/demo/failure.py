"""Why the demo cannot be played."""


class CannotPlay(Exception):
    """The demo cannot begin or go on; the message is for whoever started it."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
