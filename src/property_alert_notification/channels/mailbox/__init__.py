"""The development mailbox: messages kept in the store instead of being sent."""
