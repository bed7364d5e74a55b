from . import test_demo_channel
