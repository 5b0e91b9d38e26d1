"""What ends a command, and the exit code that it ends with."""

DONE, SOME_BAD, NOT_BEGUN, BROKE_OFF = 0, 1, 2, 3


class StopError(Exception):
    """Ends the command; its text is for the person at the terminal."""

    def __init__(self, message: str, code: int = NOT_BEGUN) -> None:
        super().__init__(message)
        self.code = code


class BadRecordError(ValueError):
    """One record of a file cannot be sent; its text says why."""


class BrokenFileError(ValueError):
    """Nothing after this place of a file can be read; its text says why."""
