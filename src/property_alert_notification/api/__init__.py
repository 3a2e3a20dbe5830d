"""What every HTTP call goes through: keys, idempotency, problems, the document of the API."""
