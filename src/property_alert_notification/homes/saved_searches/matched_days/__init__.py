"""On which day each search matched last. One row has the days of thousands, so that a match costs no row."""
