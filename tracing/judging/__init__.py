"""Verdicts, when and on what: evidence gathered, judged, kept."""
