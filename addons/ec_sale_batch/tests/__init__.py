from . import test_equality
