-- a copy of the database must never speak to a real shop
UPDATE ec_channel SET state = 'paused' WHERE state IN ('live', 'sandbox');
DELETE FROM ec_channel_secret;
UPDATE ec_channel SET webhook_token = md5(random()::text || clock_timestamp()::text);
UPDATE ec_channel SET stock_state = 'shadow' WHERE stock_state IN ('on', 'stopped');
UPDATE ec_stock_level SET controlled = FALSE, strict = FALSE, flight_batch = NULL, flight_quantity = NULL, flight_left = NULL, state = 'unread', stale_at = NULL;
