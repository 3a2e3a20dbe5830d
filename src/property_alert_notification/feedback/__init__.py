"""Feedback: what people and providers tell this service after a message was sent."""
