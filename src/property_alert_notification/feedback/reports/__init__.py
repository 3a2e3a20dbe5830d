"""Reports about messages, of providers and of mail servers: what they do to deliveries and addresses."""
