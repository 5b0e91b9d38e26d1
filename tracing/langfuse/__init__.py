"""Langfuse's protocol: what its SDKs call, and what they send."""
