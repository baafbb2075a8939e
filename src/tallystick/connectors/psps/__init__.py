"""One file per processor; `registry.PLUGS` lists them."""
