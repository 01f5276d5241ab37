"""Finished records into the forms that other programs read; nothing is analysed again."""
