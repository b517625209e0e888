"""Rate limits: one policy per kind of caller and surface, told in the RateLimit fields of every answer."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings

from shared_kernel.http import codes
from shared_kernel.http.counters import Counters, Policy
from shared_kernel.http.problems import ProblemError
from shared_kernel.identity.principals import Principal, PrincipalKind

# An IPv6 customer owns a whole /64 and could otherwise take a new address for each request.
IPV6_NETWORK_BITS = 64


def throttle(request: Request, principal: Principal, *, surface: str) -> dict[str, str]:
    """Count this request and return the RateLimit fields for its answer (draft-ietf-httpapi-ratelimit-headers-10).

    Raises:
        ProblemError: 429 with Retry-After, the quota is used up.
    """
    name, identity = policy_for(request, principal, surface=surface)
    policy = Policy.read(name, settings.ASHLAR_RATE_LIMITS[name])
    count = counters().hit(policy, identity)
    fields = {
        "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={policy.seconds}',
        "RateLimit": f'"{policy.name}";r={count.remaining};t={count.reset_seconds}',
    }
    if not count.allowed:
        detail = f"At most {policy.quota} requests in {policy.seconds} seconds; wait {count.reset_seconds}."
        raise ProblemError(codes.RATE_LIMITED, detail, retry_after=count.reset_seconds, headers=fields)
    return fields


def policy_for(request: Request, principal: Principal, *, surface: str) -> tuple[str, str]:
    """The name of the policy that counts, and the identity it counts under."""
    if surface == "auth":
        return "auth", client_address(request)
    if principal.is_internal:
        return ("admin" if surface == "admin" else "key"), principal.key
    if principal.kind is PrincipalKind.CUSTOMER:
        return "shop", principal.key
    return "anonymous", client_address(request)


def client_address(request: Request | HttpRequest) -> str:
    """The caller's address as our own proxies saw it; what the caller wrote before them is ignored."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    proxies: int = api_settings.NUM_PROXIES or 0
    hops = [hop.strip() for hop in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    if proxies and hops:
        address = hops[-min(proxies, len(hops))]
    return network_of(address)


def network_of(address: str) -> str:
    """An IPv4 address as it is, an IPv6 address as its /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS))
    return str(parsed)


@cache
def counters() -> Counters:
    """The counters of this process, made at first use and therefore after any fork."""
    return Counters(settings.ASHLAR_REDIS_URL, processes=settings.ASHLAR_WEB_PROCESSES)
