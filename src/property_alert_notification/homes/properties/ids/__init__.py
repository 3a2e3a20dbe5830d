"""The ids that mean one home, after properties were merged."""
