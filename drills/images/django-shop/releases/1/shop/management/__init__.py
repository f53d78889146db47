"""What its people do from the command line."""
