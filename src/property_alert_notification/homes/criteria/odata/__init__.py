"""Reads the `$filter` of OData, as far as saved searches need it. Pure."""
