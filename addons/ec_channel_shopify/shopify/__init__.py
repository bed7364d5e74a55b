"""Shopify behind the connector contract: pure Python, no ORM."""
