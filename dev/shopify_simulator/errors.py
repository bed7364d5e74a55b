"""Errors that resolvers raise, in Shopify's shapes."""
from __future__ import annotations

from typing import Any


class TopLevelError(Exception):
    """Becomes an entry of the answer's top-level `errors`; the field it came from is null."""

    def __init__(self, message: str, code: str | None = None, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions = {"code": code, **extensions} if code else dict(extensions)


class NotModelled(TopLevelError):
    """The simulator does not know this field, argument or filter: it refuses instead of answering null."""

    def __init__(self, what: str) -> None:
        super().__init__(f"fake: {what} not modelled", "FAKE_NOT_MODELLED")


class UserErrors(Exception):
    """A mutation's refusal: its payload carries these userErrors, everything it wrote is rolled back."""

    def __init__(self, *errors: dict[str, Any], **payload: Any) -> None:
        super().__init__("; ".join(error["message"] for error in errors))
        self.errors = list(errors)
        self.payload = payload


def user_error(field: list[str] | None, message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "message": message, "code": code, **more}


def refuse(field: list[str] | None, message: str, code: str | None = None, **payload: Any) -> UserErrors:
    """One-error shorthand: `raise refuse(["id"], "…", "NOT_FOUND")`."""
    return UserErrors(user_error(field, message, code), **payload)
