import json
import unittest

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, Host, answer, listing, request
from wit_world.imports import questions, report
from wit_world.imports.types import ErrorKind, ObjectRef, Retry_After, Retry_Backoff, Retry_Never


def refused(status, body=None, **headers):
    query = questions.Query_Holders(questions.HoldersQuery(ObjectRef("group", "g"), None, ""))
    with Host(lambda _: answer(status, {} if body is None else body, **headers)):
        try:
            CONNECTOR.read(CONNECTION, request(query=query, cursor=None))
        except Err as raised:
            return raised.value
    raise AssertionError("nothing was raised")


def reach(base_url):
    return CONNECTOR.reach(json.dumps({"base_url": base_url, "token": {"pointer": "/token"}}))


def explain(**fields):
    given = {"challenge": None, "body": "", "request_id": None, **fields}
    return CONNECTOR.explain(CONNECTION, request(endpoint="scim", stage=None, status=401, **given))


def checked(config, groups=None):
    def respond(asked):
        if "ServiceProviderConfig" in asked.path.text:
            return config
        return (groups or listing(0, [])) if "/Groups" in asked.path.text else listing(3, [{"id": "u"}])

    with Host(respond):
        return CONNECTOR.check(CONNECTION)


class Errors(unittest.TestCase):
    def test_scim_type_decides_then_the_status_never_the_text(self):
        table = [
            (400, "invalidFilter", "UNSUPPORTED", "filter-refused"),
            (400, "tooMany", "INVALID_REQUEST", "too-many-results"),
            (400, "mutability", "NOT_MANAGEABLE", "read-only"),
            (409, "uniqueness", "CONFLICT", "conflict"),
            (400, "invalidValue", "INVALID_REQUEST", "refused-request"),
            (403, None, "PERMISSION_DENIED", "missing-permission"),
            (404, None, "NOT_FOUND", "not-found"),
            (412, None, "CONFLICT", "changed-meanwhile"),
            (500, None, "UNAVAILABLE", "service-unavailable"),
            (501, None, "UNSUPPORTED", "not-implemented"),
            (302, None, "CONTRACT_VIOLATION", "unexpected-status"),
        ]
        for status, scim_type, kind, reason in table:
            with self.subTest(f"{status} {scim_type}"):
                body = {"scimType": scim_type, "detail": "Not found, unauthorized."}
                error = refused(status, body, x_request_id="r-1")
                seen = (error.kind.name, error.reason, error.provider_code, error.request_id)
                self.assertEqual(seen, (kind, reason, scim_type, "r-1"))
                self.assertEqual(error.causes, ["Not found, unauthorized."])
                self.assertTrue(error.message.endswith("."))
                self.assertTrue(error.remedy)

    def test_the_wait_that_is_asked_for_is_handed_on(self):
        def wait(text):
            return refused(429, retry_after=text).retry

        self.assertEqual(wait("7"), Retry_After(7000))
        self.assertEqual(wait("0.5"), Retry_After(500))
        # The fakes' clock shows 2026-11-23T08:00:00Z.
        self.assertEqual(wait("Mon, 23 Nov 2026 08:00:30 GMT"), Retry_After(30_000))
        self.assertEqual(wait("Mon, 23 Nov 2026 07:00:00 GMT"), Retry_After(0))
        for text in ("soon", "-1", "1e9", "Mon, 31 Feb 2026 07:00:00 GMT"):
            self.assertEqual(wait(text), Retry_Backoff())
        self.assertEqual(refused(429).retry, Retry_Backoff())
        self.assertEqual(refused(503, retry_after="2").retry, Retry_After(2000))
        self.assertEqual(refused(403, retry_after="2").retry, Retry_Never())

    def test_an_answer_that_is_no_json_is_quoted_by_its_status_only(self):
        self.assertEqual(refused(500, "<html>secret</html>").causes, ["The answer was 500."])
        self.assertEqual(len(refused(500, {"detail": "é" * 600}).causes[0]), 501)

    def test_a_refused_token_is_explained(self):
        expired = explain(
            challenge='Bearer realm="x", error="invalid_token"', body='{"detail":"expired"}', request_id="r"
        )
        seen = (expired.kind, expired.provider_code, expired.request_id, expired.causes)
        self.assertEqual(seen, (ErrorKind.UNAUTHENTICATED, "invalid_token", "r", ["expired"]))
        self.assertIn("new token", expired.remedy)
        self.assertEqual(json.loads(expired.attributes), {"pointer": "/token"})
        self.assertEqual(explain().causes, ["The answer was 401."])

    def test_the_reach_is_the_origin_of_the_connection_with_its_token(self):
        [endpoint] = reach("https://scim.example:8443/a/scim/v2")
        self.assertEqual((endpoint.origin, endpoint.named_by_connection), ("https://scim.example:8443", True))
        credential = endpoint.scheme.value
        sent = (credential.header, credential.prefix, credential.secret)
        self.assertEqual(sent, ("Authorization", "Bearer ", "/token"))
        self.assertEqual(reach("http://127.0.0.1:80")[0].origin, "http://127.0.0.1:80")
        strange = ["", "ftp://x", "https://a@b/", "https://x/a?b", "https://x/../a", "https://x/%2E./a"]
        for url in [*strange, "https://x//a", "https://x/a b", "https://x/a\n"]:
            with self.subTest(url), self.assertRaises(Err) as raised:
                reach(url)
            self.assertEqual(raised.exception.value.reason, "base-url")

    def test_a_check_tells_what_was_seen_and_what_cannot_be(self):
        def told(made):
            codes = [one.code for one in made.findings]
            return codes, [type(one.authority) for one in made.authority]

        everywhere, no, unknown = report.Authority_Everywhere, report.Authority_No, report.Authority_Unknown
        good = checked(answer(200, {"patch": {"supported": True}, "filter": {"supported": True}}))
        self.assertEqual(told(good), (["unknown-identity"], [everywhere] * 3 + [unknown] * 2))
        self.assertEqual(good.identity.place, "https://scim.example/scim/v2")
        poor = checked(
            answer(200, {"patch": {"supported": False}, "filter": {"supported": False}}), answer(403, {})
        )
        self.assertEqual(told(poor), (["unknown-identity", "no-patch", "no-filter"], [everywhere] + [no] * 4))
        self.assertEqual(told(checked(answer(404, {})))[0], ["unknown-identity", "no-configuration"])
        with self.assertRaises(Err) as raised:
            checked(answer(200, {}), answer(503, {}))
        self.assertEqual(raised.exception.value.kind, ErrorKind.UNAVAILABLE)

    def test_the_descriptor_is_one_json_document(self):
        self.assertEqual(json.loads(CONNECTOR.describe())["id"], "scim-python")
