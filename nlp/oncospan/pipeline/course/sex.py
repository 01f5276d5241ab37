"""What a note says of the patient's sex, where a code depends on it."""

from __future__ import annotations

from oncospan.pipeline.mentions.mention import Reading


def is_man(reading: Reading) -> bool:
    """Whether the note calls the patient a man and nobody a woman of some age."""
    text, signals = reading.text, reading.signals
    men = signals["tumor.man"].finditer(text)
    told = [m for m in men if not signals["tumor.somebody"].search(text, max(0, m.start() - 50), m.start())]
    return bool(told) and signals["tumor.woman"].search(text) is None
