"""What became of the tumors: treatment, operations, status at the time of the note."""
