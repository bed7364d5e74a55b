"""Run as `python real.py RC DATABASE RUN SEED OPS KILLS`; prints the figures as one JSON line. What it does: real_play.py."""

import json
import logging
import sys

import odoo.tools
from odoo.modules.module import initialize_sys_path

rc, database, run, *numbers = sys.argv[1:]
odoo.tools.config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
initialize_sys_path()  # the addons can be imported from here on
logger = logging.getLogger("odoo.addons.ec_channel_base")
logger.setLevel(logging.WARNING)
logger.propagate = False

from real_play import figures  # noqa: E402

print(json.dumps(figures(database, run, *map(int, numbers))))
