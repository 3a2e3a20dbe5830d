"""DKIM signatures (RFC 6376): `settings` names the keys, `keys` reads them, `signer` signs emails."""
