"""Checks the DNS records of a sending domain: `lookup` queries, `rules` judge, `spf` resolves, `check` runs all."""
