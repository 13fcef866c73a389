"""Records of finished runs, and the runs that are read from them."""
