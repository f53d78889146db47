"""What a stranger runs: evidence checked offline, by what lies there and the key and head that the stranger brings."""
