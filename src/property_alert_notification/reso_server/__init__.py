"""A small RESO Web API with the house sales of King County, for development and tests."""
