"""The words in which conditions are shown to users, a table for each language."""
