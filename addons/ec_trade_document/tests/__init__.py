from . import test_access
from . import test_amounts
from . import test_carton_pack
from . import test_packing_list
from . import test_packing_random
from . import test_preflight
from . import test_render
from . import test_terms
