"""What a connector may import: pure Python, no ORM. See docs/write-a-connector.md."""

from . import connector, documents, errors, keys, text, transport
