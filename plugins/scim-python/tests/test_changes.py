import json
import unittest

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, NOW, Host, answer, request
from wit_world.imports import changes
from wit_world.imports.types import Error, ErrorKind, GrantKey, GrantKind, ObjectRef, Retry_After, Retry_Backoff, Timestamp

KEY = GrantKey(ObjectRef("user", 'u"1'), ObjectRef("group", "g/1"), "member", None, GrantKind.ACTIVE)


def operation(action, key=KEY, until=None):
    given = request(key=key, resource=None, until=until)
    made = changes.Action_Grant(given) if action == "grant" else changes.Action_Revoke(given)
    return request(id="o", action=made, reason=None, ticket=None)


def apply(*operations):
    return CONNECTOR.apply(CONNECTION, request(operations=list(operations)))


def told(one):
    """The outcome of one operation, or its error, or that of the whole request."""
    try:
        return apply(one)[0].value
    except Err as refused:
        return refused.value


def service(members, change=None):
    """A service whose group has these members, and which answers a change so."""

    def respond(asked):
        if asked.method.name == "PATCH":
            return change or answer(204, "")
        if "/Groups/" in asked.path.text:
            return answer(200, {"id": "g/1", "members": [{"value": value} for value in members]})
        return answer(200, {"id": 'u"1'})

    return respond


def refused(status, scim_type=None):
    return answer(status, {"scimType": scim_type, "detail": "words", "status": str(status)})


class Changes(unittest.TestCase):
    def test_outcomes_say_what_was_there_before(self):
        held, not_held = ['u"1'], ["other"]
        table = [
            ("grant", not_held, answer(204, ""), "GRANTED"),
            ("grant", held, answer(200, {}), "ALREADY_GRANTED"),
            ("grant", held, refused(409, "uniqueness"), "ALREADY_GRANTED"),
            ("grant", not_held, refused(409, "uniqueness"), "CONFLICT"),
            ("revoke", held, answer(204, ""), "REVOKED"),
            ("revoke", not_held, answer(204, ""), "ALREADY_REVOKED"),
            ("revoke", not_held, refused(400, "noTarget"), "ALREADY_REVOKED"),
            ("revoke", held, refused(400, "noTarget"), "INVALID_REQUEST"),
            ("revoke", held, refused(400, "mutability"), "NOT_MANAGEABLE"),
            ("revoke", held, refused(404), "NOT_FOUND"),
            ("grant", not_held, refused(403), "PERMISSION_DENIED"),
        ]
        for action, members, change, expected in table:
            with self.subTest(f"{action} {members} {change.status}"), Host(service(members, change)) as host:
                self.assertEqual(told(operation(action)).kind.name, expected)
                self.assertEqual(sum(one.method.name == "PATCH" for one in host.requests), 1)

    def test_a_change_is_one_patch_of_the_group_quoted_and_encoded(self):
        with Host(service([])) as host:
            apply(operation("grant"))
        texts = [one.path.text for one in host.requests]
        self.assertEqual(texts, ["/scim/v2/Groups/g%2F1", "/scim/v2/Users/u%221", "/scim/v2/Groups/g%2F1"])
        self.assertEqual(host.requests[-1].path.template, "/{}/{}/Groups/{}")
        added = {"op": "add", "path": "members", "value": [{"value": 'u"1', "type": "User"}]}
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        self.assertEqual(json.loads(host.requests[-1].body), {"schemas": schemas, "Operations": [added]})
        with Host(service([])) as host:
            apply(operation("revoke"))
        removed = {"op": "remove", "path": 'members[value eq "u\\"1"]'}
        self.assertEqual(json.loads(host.requests[-1].body)["Operations"], [removed])

    def test_who_or_what_does_not_exist_is_told_and_nothing_is_sent(self):
        for gone, reason in [("/Groups/", "group-not-found"), ("/Users/", "user-not-found")]:

            def respond(asked, gone=gone):
                return answer(404, {}) if gone in asked.path.text else answer(200, {"id": "x"})

            with self.subTest(reason), Host(respond) as host:
                with self.assertRaises(Err) as raised:
                    apply(operation("grant"))
                error = raised.exception.value
                self.assertEqual((error.kind, error.reason), (ErrorKind.NOT_FOUND, reason))
                self.assertTrue(all(line.startswith("GET ") for line in host.asked()))

    def test_a_lost_answer_is_handed_on_as_the_host_gave_it(self):
        lost = Error(ErrorKind.UNAVAILABLE, "lost", "Lost.", None, Retry_Backoff(), None, None, [], "")

        def respond(asked):
            if asked.method.name == "PATCH":
                raise Err(lost)
            return answer(200, {"id": "x"})

        with Host(respond):
            self.assertEqual(apply(operation("grant")), [Err(lost)])

    def test_a_refusal_is_of_the_whole_request_and_a_failure_may_have_changed_something(self):
        with Host(service([], answer(429, {}, retry_after="7"))), self.assertRaises(Err) as raised:
            apply(operation("grant"))
        self.assertEqual(raised.exception.value.retry, Retry_After(7000))
        with Host(service([], answer(503, {}))):
            [result] = apply(operation("grant"))
        self.assertIsInstance(result, Err)
        self.assertEqual(result.value.kind, ErrorKind.UNAVAILABLE)

    def test_what_scim_does_not_know_is_not_tried(self):
        owner = GrantKey(KEY.principal, KEY.resource, "owner", None, GrantKind.ACTIVE)
        delete = request(id="o", action=changes.Action_Delete(KEY.principal), reason=None, ticket=None)
        with Host(service([])) as host:
            for one in (operation("grant", until=Timestamp(1, 0)), operation("grant", key=owner), delete):
                with self.assertRaises(Err) as raised:
                    apply(one)
                self.assertEqual(raised.exception.value.kind, ErrorKind.UNSUPPORTED)
            with self.assertRaises(Err) as raised:
                apply(operation("grant"), operation("grant"))
        self.assertEqual(raised.exception.value.reason, "batch-size")
        self.assertEqual(host.asked(), [])

    def test_a_lost_change_is_settled_by_looking(self):
        def at(seconds):
            return Timestamp(NOW + seconds, 0)

        table = [
            ("grant", ['u"1'], False, 1, None, "GRANTED"),
            ("grant", ['u"1'], True, 1, None, "ALREADY_GRANTED"),
            ("grant", [], False, 59, None, "UNKNOWN"),
            ("grant", [], False, 60, None, "NOT_APPLIED"),
            ("revoke", [], True, 1, None, "REVOKED"),
            ("revoke", [], False, 1, None, "ALREADY_REVOKED"),
            ("revoke", ['u"1'], True, 59, None, "UNKNOWN"),
            ("revoke", ['u"1'], True, 60, None, "NOT_APPLIED"),
            # Right after another change of the same grant, what is seen may be older than that.
            ("grant", ['u"1'], False, 5, -10, "UNKNOWN"),
            ("grant", ['u"1'], False, 60, -10, "GRANTED"),
            ("grant", ['u"1'], False, 5, -60, "GRANTED"),
        ]
        for action, members, before, later, changed, expected in table:
            with self.subTest(f"{action} {before} {later} {changed}"), Host(service(members)) as host:
                host.now = at(later)
                settled = CONNECTOR.settle(
                    CONNECTION,
                    request(
                        operation=operation(action),
                        prior=request(key=KEY) if before else None,
                        handle=None,
                        sent=at(0),
                        given_up=at(0),
                        last_changed=None if changed is None else at(changed),
                    ),
                )
                self.assertEqual(settled.kind.name, expected)
                self.assertEqual(host.asked(), ["GET /scim/v2/Groups/g/1"])
