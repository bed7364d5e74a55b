from odoo import fields, models

from ..gift import NAMES


class EcChannel(models.Model):
    _inherit = "ec.channel"

    gift_names = fields.Text(
        "Gift Attributes",
        default=NAMES,
        help="Names of attributes of the shop's orders and lines, or words before a colon in the note, that say what is wished for a gift: "
        "noshi, wrapping, a message. Separated by commas; * stands for any text.",
    )
