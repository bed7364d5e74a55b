-- a copy of the database forgets the app (its secrets are deleted by ec_channel_base) and the shop's address
UPDATE ec_channel
   SET shopify_client_id = NULL,
       shopify_secret_rotated_at = NULL
 WHERE connector = 'shopify';
