"""What every HTML page begins and ends with: one style sheet, no scripts, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib import resources


@cache
def _style() -> str:
    return resources.files("oncospan.writers").joinpath("report.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """The content security policy of a page: nothing but its one style sheet, named by its hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def top(title: str) -> str:
    """The head of a page, and the beginning of its body."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head><body>"
    )


def bottom(words: str, digest: str = "") -> str:
    """The end of a page: what is to be known of it, and the digest of the rule pack."""
    pack = f"<p>Rule pack <code>{escape(digest)}</code></p>" if digest else ""
    return f"<footer><p>{escape(words)}</p>{pack}</footer></body></html>\n"
