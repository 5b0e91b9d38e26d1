"""Fourteen days of traffic that ended just now."""
