"""CARRY: the messages that tell a worker which deliveries are due."""
