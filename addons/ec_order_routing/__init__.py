from .engine import criteria, fences  # they register what strategies name
from . import models
from . import wizards
from .hooks import uninstall_hook
