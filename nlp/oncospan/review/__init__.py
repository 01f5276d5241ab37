"""The CDI workbench: a local web application where people review codes, gaps and queries; the only importer of Django."""
