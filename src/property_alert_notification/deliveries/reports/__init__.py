"""Reports of providers about deliveries, as callbacks bring them."""
