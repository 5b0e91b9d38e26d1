"""What pages show, as pure functions, and what they need beside views."""
