#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        cure = " (`.venv/bin/uv sync --extra server` installs it)" if "psycopg" in str(error) else ""
        sys.exit(f"The settings cannot be used: {error}{cure}")


if __name__ == "__main__":
    main()
