from . import documents
from . import addresses
from . import shop
from . import home
from . import buyers
from . import roles
from . import register
from . import catalogue
