from . import test_authorization
from . import test_channel
from . import test_privacy
from . import test_token
