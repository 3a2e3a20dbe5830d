"""Renewing the keys of listings by which their homes are found, after a version of the service reads addresses anew."""
