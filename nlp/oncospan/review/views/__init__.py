"""What answers the browser: one module a page."""
