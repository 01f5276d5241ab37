"""Where the tumors of a note have spread, where not, and from which of them."""
