"""An implementation of the cuframes protocol written from the document alone.

It shares no code and no constants with the library: what both agree on is the
text of the protocol, and the vectors in ``conformance/vectors`` pin it down.
"""
