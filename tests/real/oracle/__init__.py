"""Independent observers: they share no code with the ledger and its judge, and measure the same runs."""
