"""The demo shop and its connector: pure Python, no ORM. The connector is the reference for authors of connectors."""
