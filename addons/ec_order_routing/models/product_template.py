from odoo import fields, models

from .stock_warehouse import TEMPERATURES


class ProductTemplate(models.Model):
    _inherit = "product.template"

    ec_release_date = fields.Date("Release Date", help="Orders for it do not leave before this day.")
    ec_temperature = fields.Selection(TEMPERATURES, "Kept and Carried", default="normal", required=True)
    ec_dangerous = fields.Boolean("Dangerous Goods", help="Only warehouses and carriers that take dangerous goods ship it.")
