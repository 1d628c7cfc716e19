"""Paths, queries and methods that no route has."""

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.requests import get, head, post
from benchmarks.hostile.sending import in_turn, many

TEXT = {"text": "Superb!"}
NOT_FOUND = frozenset({404})
ROUTES = (
    "/livez",
    "/readyz",
    "/metrics",
    "/version",
    "/models",
    "/models/gru",
    "/forecast",
    "/forecast/batch",
    "/sentiment",
    "/sentiment/batch",
    "/admin/reload",
    "/openapi.json",
    "/docs",
    "/",
)


ATTACKS = (
    Attack(
        "slash-redirects",
        lambda: in_turn(
            *(
                head(f"POST {path}/", "Content-Type: application/json", "Content-Length: 2", host="evil.example")
                + b"{}"
                for path in ("/forecast", "/forecast/batch", "/sentiment", "/admin/reload")
            ),
            *(head(f"GET {path}/", host="evil.example") for path in ("/livez", "/models", "/metrics")),
        ),
        frozenset({400, 401, 404, 421}),
    ),
    Attack(
        "double-slashes",
        lambda: in_turn(
            post("//forecast", TEXT),
            get("//livez"),
            get("//evil.example/%2e%2e"),
            get("/livez//"),
            get("///" + "/" * 9000),
        ),
        frozenset({400, 404}),
    ),
    Attack(
        "dots",
        lambda: in_turn(
            *(
                get(path)
                for path in (
                    "/../etc/passwd",
                    "/models/../../etc/passwd",
                    "/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                    "/./livez",
                    "/models/..",
                    "/models/gru/versions/..%2f1",
                    "/docs/..%5c..",
                    "/static/../service/__main__.py",
                )
            )
        ),
        frozenset({400, 404}),
    ),
    Attack(
        "path-bytes",
        lambda: in_turn(
            *(
                get(path)
                for path in (
                    "/%00",
                    "/livez%00",
                    "/%",
                    "/%zz",
                    "/%c0%ae",
                    "/%ff%fe",
                    "/%u0041",
                    "/é",
                    "/livez%20",
                    "/models/%0d%0aSet-Cookie:%20x",
                    "/livez%3f",
                    "/models/%F0%9F%98%80",
                )
            )
        ),
        frozenset({400, 404}),
    ),
    Attack(
        "path-20-kb",
        lambda: in_turn(
            get("/" + "a" * 20_000), get("/models/" + "a" * 20_000), get("/a" * 10_000), get("/models/" + "%41" * 6000)
        ),
        frozenset({400, 404, 414, 422}),
    ),
    Attack(
        "query-20-kb",
        lambda: in_turn(
            get("/livez?" + "a" * 20_000),
            get("/models?" + "a=1&" * 5000),
            get("/openapi.json?" + "%41" * 6000),
            post("/sentiment?" + "?" * 9000, TEXT),
            get("/livez?a=%00%ff&&&="),
        ),
        frozenset({200}),
    ),
    Attack(
        "fragments",
        lambda: in_turn(get("/livez#a"), get("/livez;a=b"), get("/livez#?a"), get("#")),
        frozenset({200, 400, 404}),
    ),
    Attack(
        "head",
        lambda: in_turn(*(get(path, "Connection: close", method="HEAD") for path in ROUTES)),
        frozenset({200, 307, 401, 403, 404, 405}),
    ),
    Attack(
        "methods",
        lambda: in_turn(
            *(
                get(path, "Connection: close", method=method)
                for path in ROUTES
                for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "LINK", "PURGE", "GET")
            )
        ),
        frozenset({200, 204, 307, 401, 403, 404, 405}),
    ),
    Attack(
        "posts-elsewhere",
        lambda: in_turn(
            *(post(path, TEXT) for path in ROUTES if not path.startswith(("/forecast", "/sentiment", "/admin")))
        ),
        frozenset({404, 405}),
    ),
    Attack(
        "cors-questions",
        lambda: in_turn(
            *(
                get(
                    path,
                    "Origin: https://evil.example",
                    "Access-Control-Request-Method: POST",
                    "Access-Control-Request-Headers: " + "x," * 4000,
                    method="OPTIONS",
                )
                for path in ROUTES
            )
        ),
        frozenset({200, 204, 400, 401, 403, 404, 405}),
    ),
    Attack("paths-10000", lambda: many(10_000, lambda number: get(f"/p{number}")), NOT_FOUND),
    Attack(
        "model-pages-10000", lambda: many(10_000, lambda number: get(f"/models/m{number}/versions/{number}")), NOT_FOUND
    ),
    Attack(
        "request-ids-10000",
        lambda: many(10_000, lambda number: get("/livez", f"X-Request-ID: id-{number:0120d}")),
        frozenset({200}),
    ),
    Attack(
        "agents-10000",
        lambda: many(
            10_000,
            lambda number: get(
                f"/livez?{number}", f"User-Agent: a{number}", f"traceparent: 00-{number:032x}-{number:016x}-01"
            ),
        ),
        frozenset({200}),
    ),
    Attack("posts-of-404", lambda: many(3000, lambda number: post(f"/predict/{number}", TEXT)), frozenset({404, 405})),
)
