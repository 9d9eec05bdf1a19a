"""`python -m runtime.alive`: whether the web server of this machine answers, by its exit code."""

from __future__ import annotations

import http.client
import os
import ssl
import sys

LONGEST_SECONDS = 2


def is_alive(port: int, certificate: str) -> bool:
    """Over TLS where there is a certificate, which is the only one that is believed."""
    if certificate:
        context = ssl.create_default_context(cafile=certificate)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "localhost", port, timeout=LONGEST_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    port, certificate = os.environ.get("PORT") or "8000", os.environ.get("TLS_CERTIFICATE") or ""
    sys.exit(not is_alive(int(port), certificate))
