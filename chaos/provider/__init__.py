"""The world outside the service: an SMTP server and an SMS gateway in a process of their own, which is never killed.

They write down every message that they took, so that what arrived is known without asking the service.
"""
