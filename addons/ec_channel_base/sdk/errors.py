"""What can go wrong between us and a channel: three errors, each telling the queue what to do with the row.

Connectors raise nothing else. `message` is for the log and for developers (English); the person at the screen reads the
sentence and the fix that the ORM side keeps for `code`.
"""

from __future__ import annotations


class ChannelError(Exception):
    """Base of every error a connector raises. `code` is stable, lower_snake_case, and is what rows are grouped by."""

    code = "channel_error"

    def __init__(self, message: str = "", *, code: str | None = None, detail: str = "") -> None:
        super().__init__(message or code or self.code)
        if code:
            self.code = code
        self.detail = detail


class Retryable(ChannelError):
    """The same call may work later: time-outs, 429, 5xx, throttling. `retry_after` is in seconds, None when not told.

    `outcome_unknown` says that the request may have had its effect (the answer was lost on the way back); `tried` False that
    nothing was sent for this item, because the channel had failed for another: that does not use up one of its attempts.
    """

    code = "retryable"

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        tried: bool = True,
        code: str | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message, code=code, detail=detail)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown
        self.tried = tried


class NeedsAttention(ChannelError):
    """Data or settings must change before this can work: 401, a missing scope, an unknown SKU, an unreadable body."""

    code = "needs_attention"


class Permanent(ChannelError):
    """The channel will never accept this, however often it is sent."""

    code = "permanent"


class WebhookRefused(NeedsAttention):
    """The delivery is not what it says it is (signature, account, size). Nothing of it may be stored or read further."""

    code = "webhook_refused"


class Unsupported(Permanent):
    """A method was called whose capability the connector does not declare."""

    code = "unsupported"
