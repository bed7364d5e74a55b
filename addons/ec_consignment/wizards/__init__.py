from . import ec_consignment_import
