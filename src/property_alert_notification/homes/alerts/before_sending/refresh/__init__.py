"""Makes what alerts tell now, of what the store knows of them and of newer and older alerts about the same homes."""
