"""Publishes the ids of due deliveries to workers, through RabbitMQ or the store."""
