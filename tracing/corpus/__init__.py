"""What exists to be cited: manifests, expectations, and where they have come apart."""
