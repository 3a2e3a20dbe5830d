"""The real servers that tests and benchmarks talk to: started on loopback, stopped by the one who started them."""
