"""One file a kind; as a package, so that a kind may be called what another test is called."""
