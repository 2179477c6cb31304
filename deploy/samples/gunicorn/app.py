"""The smallest WSGI service: says its version and process."""

import os

VERSION = os.environ.get("SLIPWAY_VERSION", "unknown")


def application(environ, start_response):
    """Answers every request."""
    if environ["PATH_INFO"] == "/healthz":
        body = b"ok\n"
    else:
        body = f"hello {VERSION} from {os.getpid()}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
