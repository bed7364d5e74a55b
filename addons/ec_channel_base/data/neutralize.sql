-- a copy of the database must never speak to a real shop
UPDATE ec_channel SET state = 'paused' WHERE state IN ('live', 'sandbox');
DELETE FROM ec_channel_secret;
UPDATE ec_channel SET webhook_token = md5(random()::text || clock_timestamp()::text);
