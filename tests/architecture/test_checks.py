"""Every check finds the bad sample made for it, and nothing in the good one."""

from pathlib import Path

import checks
import pytest

MANIFEST = '{"name": "X", "license": "LGPL-3", "depends": [%s]}'
PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def write(addons, files):
    for name, text in files.items():
        path = Path(addons, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder in {name.split("/")[0] for name in files}:
        if not (addons / folder / "__manifest__.py").exists():
            (addons / folder / "__manifest__.py").write_text(MANIFEST % '"sale"')
    return addons


def model(body, name="ec.thing", kind="Model"):
    return f'from odoo import fields, models\n\n\nclass Thing(models.{kind}):\n    _name = "{name}"\n{body}'


RULE = """<odoo><record id="r" model="ir.rule"><field name="model_id" ref="model_ec_thing"/>
<field name="domain_force">[("company_id", "in", company_ids)]</field></record></odoo>"""
ACL = "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink\na,a,model_ec_thing,base.group_user,1,0,0,0\n"
COMPANY = '    company_id = fields.Many2one("res.company")\n'
VIEW = '<odoo><record id="v" model="ir.ui.view"><field name="model">{}</field></record></odoo>'
TRANSLATED = 'def f(self):\n    return self.env._("Hello %(name)s", name=1)\n'

# (check, bad files, good files)
SAMPLES = [
    ("depends", {"ec_order_hold/__manifest__.py": MANIFEST % '"ec_channel_base"'}, {"ec_order_hold/__manifest__.py": MANIFEST % '"sale"'}),
    ("depends", {"ec_sale_batch/__manifest__.py": MANIFEST % '"ec_stock_atp"'}, {"ec_stock_atp/__manifest__.py": MANIFEST % '"ec_sale_batch"'}),
    ("depends", {"ec_channel_x/__manifest__.py": MANIFEST % '"ec_channel_y"'}, {"ec_channel_x/__manifest__.py": MANIFEST % '"ec_channel_base"'}),
    ("depends", {"ec_order_routing/__manifest__.py": MANIFEST % '"ec_channel_base"'}, {"ec_order_routing/__manifest__.py": MANIFEST % '"ec_order_hold"'}),
    (
        "depends",
        {"ec_new/__manifest__.py": MANIFEST % '"ec_order_routing", "ec_channel_base"'},
        {"ec_new/__manifest__.py": MANIFEST.replace("{", '{"auto_install": True, ') % '"ec_order_routing", "ec_channel_base"'},
    ),
    ("pure", {"ec_channel_base/sdk/a.py": "from odoo import models"}, {"ec_channel_base/sdk/a.py": "import json\nfrom .b import c"}),
    ("pure", {"ec_channel_base/sdk/a.py": "from ..models import b"}, {"ec_channel_base/sdk/sub/a.py": "from ..b import c"}),
    ("pure", {"ec_channel_x/x/a.py": "import odoo"}, {"ec_channel_x/models/a.py": "import odoo"}),
    ("pure", {"ec_order_routing/engine/a.py": "import pandas"}, {"ec_channel_x/x/a.py": "from odoo.addons.ec_channel_base.sdk import errors"}),
    ("pure", {"ec_stock_atp/formula.py": "from . import models"}, {"ec_stock_atp/formula.py": "from decimal import Decimal"}),
    (
        "connector_imports",
        {"ec_channel_x/models/a.py": "from odoo.addons.ec_channel_base.models import b"},
        {"ec_channel_x/models/a.py": "from odoo.addons.ec_channel_base.sdk.errors import Permanent\nfrom odoo.addons.sale import b"},
    ),
    ("connector_imports", {"ec_channel_x/a.py": "import odoo.addons.ec_channel_y"}, {"ec_order_hold/a.py": "import odoo.addons.ec_channel_y"}),
    (
        "connector_models",
        {"ec_channel_x/models/a.py": 'class A(models.Model):\n    _inherit = "sale.order"'},
        {"ec_channel_x/models/a.py": 'class A(models.Model):\n    _inherit = "ec.channel"'},
    ),
    ("no_connector_named", {"ec_channel_base/a.py": "# as Shopify does"}, {"ec_channel_shopify/a.py": "# as Shopify does"}),
    ("no_connector_named", {"ec_order_hold/views/a.xml": "<odoo><!-- rakuten --></odoo>"}, {"ec_order_hold/views/a.xml": "<odoo/>"}),
    ("no_connector_named", {"ec_channel_base/a.py": 'x = "demo"', "ec_channel_demo/a.py": ""}, {"ec_channel_base/a.py": 'x = "a demo"', "ec_channel_demo/a.py": ""}),
    ("access_rights", {"ec_x/models/a.py": model("")}, {"ec_x/models/a.py": model(""), "ec_x/security/ir.model.access.csv": ACL}),
    ("access_rights", {"ec_x/models/a.py": model("", kind="TransientModel")}, {"ec_x/models/a.py": model("", kind="AbstractModel")}),
    ("access_rights", {"ec_x/models/a.py": model("")}, {"ec_x/models/a.py": model('    _inherit = ["ec.thing", "ec.mixin"]')}),
    ("company_rules", {"ec_x/models/a.py": model(COMPANY)}, {"ec_x/models/a.py": model(COMPANY), "ec_x/security/rules.xml": RULE}),
    ("company_rules", {"ec_x/models/a.py": model(COMPANY), "ec_x/security/rules.xml": RULE.replace("company_id", "user_id")}, {"ec_x/models/a.py": model("")}),
    (
        "sudo_is_explained",
        {"ec_x/a.py": "def f(self):\n    self.sudo()\n    # too late\n    pass"},
        {"ec_x/a.py": "def f(self):\n    # because\n    self.sudo()\n    x = 1\n    self.sudo()"},
    ),
    ("sudo_is_explained", {"ec_x/a.py": "def f(self):\n    x = 1\n    return self.sudo().name"}, {"ec_x/a.py": "def f(self):\n    return self.sudo().name  # because"}),
    ("sudo_is_explained", {"ec_x/a.py": "a = b.sudo()"}, {"ec_x/a.py": "# because\na = (\n    b\n    .sudo()\n)"}),
    ("neutralize", {"ec_x/a.py": "webhook_token = fields.Char()"}, {"ec_x/a.py": "webhook_token = fields.Char()", "ec_x/data/neutralize.sql": ""}),
    ("neutralize", {"ec_x/a.py": "api_key = fields.Char()"}, {"ec_x/a.py": 'api_key = fields.Char(compute="_c")'}),
    ("commit", {"ec_x/a.py": "self.env.cr.commit()"}, {"ec_sale_batch/models/ec_lane.py": "self.env.cr.commit()"}),
    ("commit", {"ec_x/a.py": 'self.env["ir.cron"]._commit_progress(1)'}, {"ec_x/tests/test_a.py": "self.env.cr.commit()"}),
    ("no_inline_graphql", {"ec_x/a.py": 'Q = "query Orders { orders { id } }"'}, {"ec_x/a.py": 'Q = "a query and a {brace}"'}),
    ("no_inline_graphql", {"ec_x/a.py": 'Q = """\n  mutation M($a: ID!) {\n x }"""'}, {"ec_x/a.py": 'Q = "mutation"'}),
    ("egress", {"ec_x/a.py": "import requests"}, {"ec_channel_base/sdk/transport.py": "import requests"}),
    ("egress", {"ec_x/a.py": "from urllib.request import urlopen"}, {"ec_x/a.py": "from urllib.parse import quote"}),
    ("egress", {"ec_x/a.py": "from http import client"}, {"ec_x/a.py": "from odoo import http"}),
    ("addon_files", {"ec_x/a.py": ""}, {"ec_x/README.md": ""}),
    ("addon_files", {"ec_x/README.md": "", "ec_x/__manifest__.py": MANIFEST.replace("LGPL-3", "AGPL-3") % ""}, {"ec_x/README.md": ""}),
    ("translation", {"ec_x/a.py": TRANSLATED}, {"ec_x/a.py": ""}),
    (
        "translation",
        {"ec_x/a.py": TRANSLATED, "ec_x/i18n/ec_x.pot": PO, "ec_x/i18n/ja.po": PO},
        {"ec_x/a.py": TRANSLATED, "ec_x/i18n/ec_x.pot": PO, "ec_x/i18n/ja.po": PO + 'msgid "Hello %(name)s"\nmsgstr "%(name)s"\n'},
    ),
    (
        "translation",
        {"ec_x/a.py": TRANSLATED, "ec_x/i18n/ec_x.pot": PO, "ec_x/i18n/ja.po": PO + 'msgid "Hello %(name)s"\nmsgstr "x"\n'},
        {"ec_x/a.py": ""},
    ),
    (
        "translation",
        {"ec_x/views/a_views.xml": "<odoo/>", "ec_x/i18n/ec_x.pot": PO + 'msgid "A"\nmsgstr ""\n', "ec_x/i18n/ja.po": PO},
        {"ec_x/views/a_views.xml": "<odoo/>", "ec_x/i18n/ec_x.pot": PO + 'msgid "A"\nmsgstr ""\n', "ec_x/i18n/ja.po": PO + 'msgid "A"\nmsgstr "B"\n'},
    ),
    (
        "translation",
        {"ec_x/views/a_views.xml": "<odoo/>", "ec_x/i18n/ec_x.pot": PO, "ec_x/i18n/ja.po": PO + '#, fuzzy\nmsgid "A"\nmsgstr "B"\n'},
        {"ec_x/a.py": ""},
    ),
    ("view_files", {"ec_x/views/ec_thing_views.xml": VIEW.format("ec.other")}, {"ec_x/views/ec_thing_views.xml": VIEW.format("ec.thing")}),
    ("view_files", {"ec_x/views/stuff.xml": "<odoo/>"}, {"ec_x/views/ec_menus.xml": "<odoo/>"}),
    ("manifest_data", {"ec_x/views/a_views.xml": "<odoo/>"}, {"ec_x/a.py": ""}),
    ("manifest_data", {"ec_x/__manifest__.py": '{"depends": [], "data": ["views/a.xml"]}'}, {"ec_x/__manifest__.py": '{"depends": []}'}),
]  # fmt: skip


@pytest.mark.parametrize(
    "name, bad, good", SAMPLES, ids=[f"{number}-{sample[0]}" for number, sample in enumerate(SAMPLES)]
)
def test_check(tmp_path, name, bad, good):
    check = getattr(checks, f"check_{name}")
    assert check(write(tmp_path / "bad", bad)), "the check does not see the fault"
    assert check(write(tmp_path / "good", good)) == []


def test_every_check_has_a_bad_sample():
    assert {check.__name__.removeprefix("check_") for check in checks.CHECKS} == {sample[0] for sample in SAMPLES}
