"""Which stage broke: evidence in, verdict out. Pure; `case.py` is the interface, `engine.py` has `judge`."""
