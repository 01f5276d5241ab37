"""The terms of the pack in the sentences, and what the words around them assert."""
