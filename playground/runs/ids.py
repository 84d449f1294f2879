"""Names of runs and studies that nobody guesses."""

import secrets
import string

LETTERS = string.ascii_letters + string.digits
LENGTH = 10  # 60 bits


def new_name(prefix: str) -> str:
    """A prefix and ten letters and digits: fit for addresses and widget keys."""
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
