"""How long something is overdue, pure."""

# (key, most days overdue)
BUCKETS = (("current", 0), ("d30", 30), ("d60", 60), ("d90", 90), ("older", None))


def bucket(due, today):
    """The key of the bucket of what is due on a day."""
    late = (today - due).days
    return next(key for key, most in BUCKETS if most is None or late <= most)
