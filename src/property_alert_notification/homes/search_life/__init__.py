"""What becomes of saved searches over time: first alerts, and searches that find nothing or that nobody needs."""
