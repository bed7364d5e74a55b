"""A local stand-in for the Shopify Admin API, held to recorded answers of the real one."""
