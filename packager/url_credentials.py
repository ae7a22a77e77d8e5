"""Users and passwords in URLs of requirements: taken out of what others get to see, put back where it is fetched."""

import re
from collections.abc import Mapping

# A variable that whoever installs sets is no secret, and the user of ssh is none either.
_URL = re.compile(r"(?P<scheme>(?:git\+)?https?://)(?P<user>[^/\s@?#]+@(?:[^/\s@?#]*@)*)(?P<rest>[^\s\"']*)")
_VARIABLES = re.compile(r"\$\{\w+\}(?::\$\{\w+\})?@")


def without_credentials(text: str) -> str:
    """The text with `https://host/` for each `https://user:password@host/`; `${VARIABLES}` of pip stay."""
    return _URL.sub(lambda found: found[0] if _is_variable(found) else found["scheme"] + found["rest"], text)


def credentials_in(text: str) -> Mapping[str, str]:
    """URL without -> URL with user and password, of each URL in the text that has them."""
    found = (each for each in _URL.finditer(text) if not _is_variable(each))
    return {each["scheme"] + each["rest"]: each[0] for each in found}


def with_credentials(text: str, credentials: Mapping[str, str]) -> str:
    """The text with the URLs that credentials_in() found in place of those without."""
    return re.sub(r"(?:git\+)?https?://[^\s\"']*", lambda found: credentials.get(found[0], found[0]), text)


def _is_variable(found: re.Match[str]) -> bool:
    return bool(_VARIABLES.fullmatch(found["user"]))
