"""The contents of ``conformance/vectors``, as Python values."""
