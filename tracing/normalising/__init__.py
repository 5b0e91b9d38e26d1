"""The parts of normalising: spans to stages, lists, rows and a journey."""
