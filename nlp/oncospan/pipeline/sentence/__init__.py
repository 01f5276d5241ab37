"""What the sentences of a note, in their order, say of sites, tumors, deposits and specimens."""
