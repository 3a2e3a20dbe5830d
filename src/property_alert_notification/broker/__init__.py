"""CARRY: the doorbells that tell a worker which deliveries are due."""
