"""What each answer of the service means. Begin here, when your service has other codes."""

import json
import unittest

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, KEY, Host, answer, refused, request
from wit_world.imports import questions
from wit_world.imports.types import ErrorKind, Retry_After, Retry_Backoff, Retry_Never


def raised(response):
    """The error that an answer to a question becomes."""
    query = questions.Query_Holders(questions.HoldersQuery(KEY.resource, None, ""))
    with Host(lambda _: response):
        try:
            CONNECTOR.read(CONNECTION, request(query=query, cursor=None))
        except Err as error:
            return error.value
    raise AssertionError("nothing was raised")


class Errors(unittest.TestCase):
    def test_the_code_with_its_status_decides_then_the_status(self):
        table = [
            (404, "not_found", "NOT_FOUND", "not-found"),
            (404, None, "CONTRACT_VIOLATION", "unexpected-answer"),
            (403, "not_found", "PERMISSION_DENIED", "missing-permission"),
            (500, "managed_by_directory", "UNAVAILABLE", "service-unavailable"),
            (409, "managed_by_directory", "NOT_MANAGEABLE", "managed-by-directory"),
            (409, "something_new", "CONFLICT", "conflict"),
            (403, "read_only", "PERMISSION_DENIED", "read-only-token"),
            (403, None, "PERMISSION_DENIED", "missing-permission"),
            (400, "invalid_cursor", "CURSOR_EXPIRED", "cursor-expired"),
            (400, "something_new", "INVALID_REQUEST", "refused-request"),
            (429, "slow_down", "RATE_LIMITED", "throttled"),
            (429, None, "RATE_LIMITED", "throttled"),
            (503, None, "UNAVAILABLE", "service-unavailable"),
            (302, None, "CONTRACT_VIOLATION", "unexpected-answer"),
        ]
        for status, code, kind, reason in table:
            with self.subTest(f"{status} {code}"):
                error = raised(refused(status, code, x_request_id="r-1"))
                seen = (error.kind.name, error.reason, error.provider_code, error.request_id)
                self.assertEqual(seen, (kind, reason, code, "r-1"))
                self.assertEqual(error.causes, ["Words."])
                self.assertRegex(error.message, r"\.$")
                self.assertRegex(error.remedy, r"\.$")

    def test_the_wait_that_is_asked_for_is_handed_on(self):
        self.assertEqual(raised(refused(429, "slow_down", retry_after="7")).retry, Retry_After(7000))
        self.assertEqual(raised(refused(429, "slow_down", retry_after="soon")).retry, Retry_Backoff())
        self.assertEqual(raised(refused(403, "read_only", retry_after="7")).retry, Retry_Never())

    def test_a_page_from_elsewhere_is_never_taken_for_an_answer(self):
        bodies = ["<html>secret</html>", {}, {"members": None, "next": None}, {"members": []}]
        for body in bodies:
            with self.subTest(body):
                error = raised(answer(200, body))
                self.assertEqual(error.kind, ErrorKind.CONTRACT_VIOLATION)
                self.assertNotIn("secret", repr(error))

    def test_a_refused_token_is_explained_without_the_service_s_words(self):
        body = json.dumps({"error": {"code": "unauthorized", "message": "No such token: abc."}})
        error = CONNECTOR.explain(CONNECTION, request(body=body, status=401, request_id="r-1"))
        self.assertEqual((error.kind, error.provider_code), (ErrorKind.UNAUTHENTICATED, "unauthorized"))
        self.assertNotIn("abc", repr(error))
