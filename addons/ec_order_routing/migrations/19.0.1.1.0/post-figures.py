"""What decisions are counted by stands beside their plans: holds that block, failed rules, shipping cost."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ec_decision d
           SET failed = d.plan->'holds' @> '[{"code": "rule_failed"}]',
               held = EXISTS (
                   SELECT FROM jsonb_array_elements(d.plan->'holds') hold JOIN ec_order_hold_type kind ON kind.code = hold->>'code'
                    WHERE kind.blocks_confirm OR kind.blocks_delivery),
               cost = (
                   SELECT figure.value::float8
                     FROM jsonb_array_elements_text(d.plan->'choice'->'criteria') WITH ORDINALITY criterion (name, place)
                     JOIN jsonb_array_elements_text(d.plan->'choice'->'score') WITH ORDINALITY figure (value, place) USING (place)
                    WHERE criterion.name = 'cost' AND figure.value::float8 < 1000000)
         WHERE d.plan IS NOT NULL
        """
    )
