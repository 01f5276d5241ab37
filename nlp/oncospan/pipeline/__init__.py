"""The way of a note from text to findings; the only floor that knows spaCy and medspaCy."""

from oncospan.pipeline import medspacy_adapter as medspacy_adapter  # before any import of spaCy, which it makes a third faster
