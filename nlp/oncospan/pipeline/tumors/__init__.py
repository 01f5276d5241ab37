"""The primary tumors that the sentences of a note tell of together."""
