"""Send fourteen days of past traffic: `python -m demo.past`."""

import argparse

from demo.past.send import send_past
from demo.settings import load_settings
from demo.workshop import open_library


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.past", description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--key-file")
    options = parser.parse_args()
    settings = load_settings(options.url, options.key_file)
    send_past(settings, open_library(settings))


if __name__ == "__main__":
    main()
