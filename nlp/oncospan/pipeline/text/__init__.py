"""A note as text: what is worth reading, its sections, its sentences, its words."""
