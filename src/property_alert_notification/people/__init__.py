"""What is known of the people who are notified."""
