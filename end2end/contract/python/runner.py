"""Calls operations of the published `polar-sdk`: a line of JSON in, a line of JSON out.

In: {"version": "2026_10", "base_url", "operation": "customer_portal.orders.get", "token", "path": [...], "named": {...}};
with "asks": true it only says whether there is such an operation. Out: {"result"}, {"status", "text"} or {"failed"}.
"""

import dataclasses
import functools
import importlib
import json
import sys

from polar.base import PolarDeserializationError, PolarError

last_status = 0


def remember(response) -> None:
    global last_status
    last_status = response.status_code


@functools.cache
def client(version: str, base_url: str, token: str):
    made = importlib.import_module(f"polar.v{version}").Polar(token, base_url=base_url)
    made._client._client.event_hooks = {"response": [remember]}
    return made


def leaves(error: BaseException) -> list[str]:
    """What is wrong, and where, in the innermost errors."""
    inner = getattr(error, "exceptions", None)
    if inner is None:
        return [f"{' '.join(getattr(error, '__notes__', []))} {error!r}"[:400]]
    place = " ".join(getattr(error, "__notes__", []))
    return [f"{place} {leaf}" for one in inner for leaf in leaves(one)]


def method(request: dict):
    found = client(request["version"], request["base_url"], request["token"])
    for name in request["operation"].split("."):
        found = getattr(found, name, None)
    return found


def plain(value):
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def answer(request: dict) -> dict:
    found = method(request)
    if request.get("asks"):
        return {"result": callable(found)}
    try:
        return {"result": plain(found(*request["path"], **request["named"]))}
    except PolarDeserializationError as error:
        # An error that this client does not know of the operation: its status is what counts.
        text = "; ".join(leaves(error.error))
        return {"status": last_status, "text": text} if last_status >= 400 else {"failed": text}
    except PolarError as error:
        if (status := getattr(error, "status_code", None)) is not None:
            return {"status": status, "text": str(error)}
        return {"failed": f"{type(error).__name__}: {error}"}


def main() -> None:
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:  # The test that asked shall read it.
            said = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


main()
