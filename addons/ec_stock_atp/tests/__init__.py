from . import test_guard
from . import test_figure
from . import test_set_aside
from . import test_pool
