"""The routes that predict, by path. Paths with parameters are looked for where no exact path is found."""

from collections.abc import Mapping
from typing import NamedTuple

from .predict_route import PredictRoute


class Found(NamedTuple):
    """A route, its path with the names of parameters, and what stands in their places."""

    route: PredictRoute
    template: str
    parameters: dict[str, str]


class _Template(NamedTuple):
    route: PredictRoute
    path: str
    parts: tuple[str, ...]

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The parameters of a path that has as many parts."""
        parameters: dict[str, str] = {}
        for own, part in zip(self.parts, parts, strict=True):
            if own.startswith("{"):
                if not part:
                    return None
                parameters[own[1:-1]] = part
            elif own != part:
                return None
        return parameters


class RouteTable:
    """Finds routes. `exact` has those without parameters; it is looked up first, so they pay nothing for the others."""

    def __init__(self, routes: Mapping[str, PredictRoute]) -> None:
        self.exact = {path: route for path, route in routes.items() if "{" not in path}
        self._by_length: dict[int, list[_Template]] = {}
        for path, route in routes.items():
            if "{" in path:
                parts = tuple(path.split("/"))
                self._by_length.setdefault(len(parts), []).append(_Template(route, path, parts))
        self._longest = max(self._by_length, default=0)

    def find(self, path: str) -> Found | None:
        """Return the route of a path with parameters."""
        if path.count("/") >= self._longest:
            return None
        parts = path.split("/")
        for template in self._by_length.get(len(parts), ()):
            parameters = template.match(parts)
            if parameters is not None:
                return Found(template.route, template.path, parameters)
        return None

    def knows(self, path: str) -> bool:
        """Whether `POST` to this path predicts."""
        return path in self.exact or self.find(path) is not None

    def template(self, path: str) -> str:
        """The path with the names of parameters; as it is if it has none."""
        found = None if path in self.exact else self.find(path)
        return path if found is None else found.template
