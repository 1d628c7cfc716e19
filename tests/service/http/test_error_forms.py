"""Errors are written as the clients of their path read them."""

import json

from service.errors import NotFound
from service.http.error_forms import ErrorForms, WrittenError


def short(error, path, request_id):
    return WrittenError(400, b"application/json", f"{error.detail} {path} {request_id}".encode())


def test_an_error_is_a_problem_where_no_other_form_is_known():
    written = ErrorForms({"v2": short}).write(NotFound("no such path"), "/v3/models", "id")
    assert (written.status, written.content_type) == (404, b"application/problem+json")
    assert json.loads(written.body)["detail"] == "no such path"


def test_the_first_part_of_a_path_chooses_the_form():
    assert ErrorForms({"v2": short}).write(NotFound("none"), "/v2/models", "id").body == b"none /v2/models id"
    assert ErrorForms({"v2": short}).write(NotFound("none"), "/v2", "id").status == 400


def test_the_root_path_is_no_part_of_it():
    forms = ErrorForms({"v2": short}, "/gatecast")
    assert forms.write(NotFound("none"), "/gatecast/v2/models", "id").status == 400
    assert forms.write(NotFound("none"), "/v2/models", "id").status == 400
