"""The way of a note from text to findings; the only floor that knows spaCy and medspaCy."""
