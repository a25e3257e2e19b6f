"""The motto: the first line of a page somewhere else, which is fetched through the proxy if there is one."""

import logging
import urllib.request

# In bytes.
LONGEST = 280

log = logging.getLogger(__name__)

# The last motto and its page's address.
_last = (None, None)


def read(url):
    """The motto from the page at `url`, or None. It is fetched once."""
    global _last
    if not (url and url.startswith(("http://", "https://"))):
        return None
    if _last[0] != url:
        try:
            # It uses the proxy in HTTP_PROXY and HTTPS_PROXY.
            with urllib.request.build_opener().open(url, timeout=5) as page:
                text = page.read(LONGEST).decode(errors="replace")
        except (OSError, ValueError) as error:
            log.warning("cannot fetch the motto: %s", error)
            return None
        _last = (url, text.partition("\n")[0].strip())
    return _last[1]
