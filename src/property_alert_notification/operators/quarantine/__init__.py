"""DECIDE: deliveries that broke the worker time and again, and what an operator makes of them."""
