"""The examples in the OpenAPI schema."""

from service.http import schemas


def test_every_example_of_the_schema_is_valid(client):
    """The examples of requests and responses fit their own models."""
    described = client.get("/openapi.json").json()["components"]["schemas"]
    checked = 0
    for name, description in described.items():
        for example in description.get("examples", []):
            getattr(schemas, name).model_validate(example)
            checked += 1
    assert checked >= 9
