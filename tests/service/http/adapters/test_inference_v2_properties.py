"""Whatever tensors, headers and bytes come, /v2 and /predict answer or refuse; they never fail."""

import json

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.app import create_app
from tests import fakes
from tests.service.http.adapters.v2_requests import HEADER, READINGS_PATH, TEXT_PATH

FEW = settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
SIZES = st.one_of(st.integers(-2, 12), st.sampled_from([10**6, 2**31, 2**63, 2**64, 10**30]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=6), max_leaves=20)
NAMES = st.sampled_from(["text", "readings", "label", "forecast", "probability", ""])
PARAMETER_NAMES = (
    "horizon levels frequency season minimum maximum timeout binary_data_output binary_data_size binary_data "
    "classification content_type x"
)
PARAMETERS = st.dictionaries(
    st.sampled_from(PARAMETER_NAMES.split()),
    st.one_of(SCALARS, st.sampled_from(["80,95", "MS", "12", "nan", "inf", "1e400", ",,", "-0"]), SIZES),
    max_size=4,
)
TENSORS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "shape": st.lists(SIZES, max_size=4),
        "datatype": st.sampled_from(["BYTES", "FP64", "FP32", "FP16", "INT8", "UINT64", "BOOL", "BF16", "?"]),
    },
    optional={"data": VALUES, "parameters": PARAMETERS},
)
REQUESTS = st.fixed_dictionaries(
    {"inputs": st.lists(TENSORS, max_size=2)},
    optional={
        "id": SCALARS,
        "parameters": st.one_of(PARAMETERS, SCALARS),
        "outputs": st.lists(st.fixed_dictionaries({"name": NAMES}, optional={"parameters": PARAMETERS}), max_size=3),
    },
)
PATHS = st.sampled_from([TEXT_PATH, READINGS_PATH])


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A client of a service with fake models, which raises what the service cannot answer."""
    models = tmp_path_factory.mktemp("models")
    bundles = [*fakes.default_bundles(), fakes.universal_bundle()]
    app = create_app(fakes.settings(models), fakes.FakeLoad(models, bundles))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def check(reply):
    """It is answered, or refused in the form of the protocol."""
    assert reply.status_code in (200, 400, 413, 422, 424, 504), reply.text
    assert reply.status_code == 200 or reply.json()["error"]


@FEW
@given(path=PATHS, request=REQUESTS, tail=st.binary(max_size=60), cut=st.integers(-3, 3), is_binary=st.booleans())
def test_any_tensor_is_answered_or_refused(served, path, request, tail, cut, is_binary):
    head = json.dumps(request).encode(errors="surrogatepass")
    headers = {HEADER: str(len(head) + cut)} if is_binary else {}
    check(served.post(path, content=head + (tail if is_binary else b""), headers=headers))


@FEW
@given(path=PATHS, body=st.binary(max_size=200), header=st.one_of(st.none(), st.integers(-1, 300).map(str)))
@example(path=TEXT_PATH, body=b"", header="0")
@example(path=TEXT_PATH, body=b"[" * 10_000, header=None)
def test_any_bytes_are_answered_or_refused(served, path, body, header):
    check(served.post(path, content=body, headers={} if header is None else {HEADER: header}))


@FEW
@given(rows=st.integers(1, 4), columns=st.integers(1, 9), content=st.binary(max_size=300), kind=st.integers(0, 10))
def test_any_binary_readings_are_answered_or_refused(served, rows, columns, content, kind):
    """The size fits the shape, the numbers are any."""
    datatypes = {"FP64": 8, "FP32": 4, "FP16": 2, "INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8}
    datatypes |= {"UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8}
    datatype, width = [*datatypes.items()][kind]
    size = rows * columns * width
    content = (content * size or b"\0" * size)[:size]
    each = {"name": "readings", "shape": [rows, columns], "datatype": datatype}
    head = json.dumps({"inputs": [each | {"parameters": {"binary_data_size": size}}]}).encode()
    check(served.post(READINGS_PATH, content=head + content, headers={HEADER: str(len(head))}))


@FEW
@given(inputs=VALUES, rest=st.dictionaries(st.sampled_from(["parameters", "truncate", "raw_scores"]), VALUES))
def test_any_inputs_of_predict_are_answered_or_refused(served, inputs, rest):
    body = json.dumps({"inputs": inputs, **rest})
    check(
        served.post(
            "/predict", content=body.encode(errors="surrogatepass"), headers={"content-type": "application/json"}
        )
    )
