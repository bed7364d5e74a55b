from odoo import fields, models

SHIPMENT_FIELDS = (
    "ec_port_loading",
    "ec_port_discharge",
    "ec_vessel",
    "ec_voyage",
    "ec_etd",
    "ec_marks",
    "ec_document_note",
)


class EcTradeShipment(models.AbstractModel):
    """How goods travel: plain fields of an order, a delivery and an invoice. What is empty is taken from where it was known before."""

    _name = "ec.trade.shipment"
    _description = "Shipment on Trade Documents"

    ec_port_loading = fields.Char(string="Port of Loading")
    ec_port_discharge = fields.Char(string="Port of Discharge")
    ec_vessel = fields.Char(string="Vessel / Flight", copy=False)
    ec_voyage = fields.Char(string="Voyage No.", copy=False)
    ec_etd = fields.Date(string="ETD", copy=False, help="Estimated time of departure")
    ec_marks = fields.Text(string="Shipping Marks", help="Marks and numbers as painted on the cartons.")
    ec_document_note = fields.Text(
        string="Note on Documents",
        help="Printed on trade documents, e.g. FREIGHT PREPAID or the number of a letter of credit.",
    )

    def _ec_shipment(self):
        """{field: value}: the record's own, else the one value that the nearest source agrees on."""
        self.ensure_one()
        sources = self._ec_shipment_sources()
        return {name: self[name] or _agreed(sources, name) for name in SHIPMENT_FIELDS}

    def _ec_shipment_sources(self):
        """Records to take empty fields from, the nearest first: a list of record sets."""
        return []


def _agreed(sources, name):
    for records in sources:
        values = {record[name] for record in records if record[name]}
        if len(values) == 1:
            return values.pop()
        if values:
            return False
    return False
