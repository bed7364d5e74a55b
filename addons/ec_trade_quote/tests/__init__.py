from . import test_answer_page
from . import test_quote
from . import test_quote_page
from . import test_request
from . import test_two_at_once
