"""Traces as files: whole as JSON Lines, one flat row each as CSV or Parquet."""
