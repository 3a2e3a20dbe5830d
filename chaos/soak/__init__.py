"""A long run at a steady rate, while connections are dropped and servers restarted: does anything grow?"""
