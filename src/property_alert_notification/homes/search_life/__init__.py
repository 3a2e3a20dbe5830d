"""What becomes of saved searches over time: their first alerts."""
