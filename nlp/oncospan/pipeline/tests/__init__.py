"""How each finding was confirmed: imaging, tissue, their results."""
