"""The kinds of files that can be imported, a module each."""
