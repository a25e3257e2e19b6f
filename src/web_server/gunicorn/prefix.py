

def pre_request(worker, req):
    """Make the path that the ingress strips the request's SCRIPT_NAME, so that the application's links keep it.

    Requests that don't come through the ingress have no such header. An application that reads the header itself gets
    the same SCRIPT_NAME from it.
    """
    worker.log.debug("%s %s", req.method, req.path)
    values = [value.rstrip("/") for name, value in req.headers if name == "X-FORWARDED-PREFIX"]
    if values == [prefix] and not any(name == "SCRIPT_NAME" for name, _ in req.headers):
        req.headers.append(("SCRIPT_NAME", prefix))
        req.path = prefix + req.path
