"""Messages about saved searches that tell of no home: whether they still hold right before they are sent."""
