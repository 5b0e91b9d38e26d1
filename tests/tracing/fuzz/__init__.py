"""Sound requests of every kind, made unsound one place at a time."""
