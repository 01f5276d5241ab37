"""What goes with a tumor: hormonal syndromes, complications, reasons of the encounter, contradictions."""
