"""Records holds: when quiet hours or legal windows delayed deliveries, with the reason."""
