"""Names of runs and studies that nobody guesses, and the numbers that the database gives new rows."""

import secrets
import string
from typing import Any

from sqlalchemy import CursorResult

LETTERS = string.ascii_letters + string.digits
LENGTH = 10  # 60 bits


def new_name(prefix: str) -> str:
    """A prefix and ten letters and digits: fit for addresses and widget keys."""
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def id_of_new(result: CursorResult[Any]) -> int:
    """The id of a row that was just inserted."""
    return int((result.inserted_primary_key or (0,))[0])
