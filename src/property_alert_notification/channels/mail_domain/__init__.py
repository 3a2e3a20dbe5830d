"""What DNS says of a domain that sends email: `lookup` asks, `rules` judge, `spf` walks, `check` does all of it."""
