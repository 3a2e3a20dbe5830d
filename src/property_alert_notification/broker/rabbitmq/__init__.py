"""RabbitMQ: one quorum queue per channel and urgency, publisher confirms, up to 50 deliveries per message.

Publishing and consuming have connections of their own, because RabbitMQ stops reading from a connection that
publishes during a memory or disk alarm, acknowledgements included
(https://www.rabbitmq.com/docs/connection-blocked).
"""

from property_alert_notification.broker.rabbitmq.broker import RabbitMQBroker

__all__ = ["RabbitMQBroker"]
