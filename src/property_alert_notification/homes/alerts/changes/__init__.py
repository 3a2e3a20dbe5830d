"""The numbered changes of listings, as matchers, digests and explanations read them."""
