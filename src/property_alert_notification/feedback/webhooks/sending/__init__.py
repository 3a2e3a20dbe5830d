"""Sends recorded events to their endpoints: claims, calls, retries and pauses."""
