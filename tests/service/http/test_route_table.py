"""Paths with parameters are found, and exact ones are looked up as they are."""

import pytest
from pydantic import BaseModel

from service.http.predict_route import PredictRoute
from service.http.route_table import RouteTable


async def answer(*_):
    return b""


def route() -> PredictRoute:
    return PredictRoute(BaseModel, BaseModel, answer)


ROUTES = {
    "/forecast": route(),
    "/v2/models/{name}/infer": route(),
    "/v2/models/{name}/versions/{version}/infer": route(),
}
TABLE = RouteTable(ROUTES)


def test_a_path_without_parameters_is_exact():
    assert TABLE.exact == {"/forecast": ROUTES["/forecast"]}
    assert TABLE.find("/forecast") is None


def test_a_path_with_parameters_gives_them_and_its_template():
    found = TABLE.find("/v2/models/gru/versions/2/infer")
    assert found == (
        ROUTES["/v2/models/{name}/versions/{version}/infer"],
        "/v2/models/{name}/versions/{version}/infer",
        {"name": "gru", "version": "2"},
    )
    assert TABLE.find("/v2/models/gru/infer").parameters == {"name": "gru"}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v2/models//infer",
        "/v2/models/gru/infer/",
        "/v2/models/gru/config",
        "/v2/models/gru/versions/2/ready",
        "/" * 100_000,
    ],
)
def test_another_path_is_not_found(path):
    """Nor does a long one take long."""
    assert TABLE.find(path) is None
    assert not TABLE.knows(path)
    assert TABLE.template(path) == path


def test_the_template_of_a_path_has_the_names_of_its_parameters():
    assert TABLE.template("/v2/models/gru/infer") == "/v2/models/{name}/infer"
    assert TABLE.template("/forecast") == "/forecast"
