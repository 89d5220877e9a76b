"""The mutating webhook `trimtab webhook`: new pods get the size that a decision set, from their start."""
