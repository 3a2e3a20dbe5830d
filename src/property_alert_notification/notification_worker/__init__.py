"""Claims due deliveries, sends them, settles them, and rescues those of dead workers."""
