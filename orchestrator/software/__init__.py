"""What differs between one type of service and another: one file per type."""
