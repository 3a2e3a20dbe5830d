"""What happened, for the webhook endpoints that want to know: recorded in the transaction in which it happens."""
