"""Serves the HTML pages: start page, mailbox, API documentation."""
