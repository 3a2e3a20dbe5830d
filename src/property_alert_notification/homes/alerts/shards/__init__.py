"""Shares the people of saved searches out among matchers, which work at the same time."""
