"""Records when deliveries had to wait for their hour, and why."""
