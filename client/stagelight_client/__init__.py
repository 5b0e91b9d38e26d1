"""The `stagelight` command. Standard library only, and HTTP only: it knows nothing of the server but its interface."""

__version__ = "0.1.0"
