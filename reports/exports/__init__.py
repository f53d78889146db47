"""What leaves the house: the same evidence in the forms that auditors and their platforms take."""
