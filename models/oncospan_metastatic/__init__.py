"""The metastatic and neuroendocrine cancer rule pack: data only, read by ``oncospan.pack``."""
