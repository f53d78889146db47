"""The pure part: words, rules and the order of things. Touches the world only through `ports`."""
