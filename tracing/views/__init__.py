"""Pages: fetch, guard, act, render."""
