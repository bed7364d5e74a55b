from . import ec_channel, ec_channel_grant, ec_channel_privacy
