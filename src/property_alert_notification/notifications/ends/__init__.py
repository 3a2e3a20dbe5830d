"""The ends of deliveries, as events for webhook endpoints."""
