"""What giving and taking come to."""

import unittest

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, KEY, NOW, Host, answer, refused, request, simulated
from wit_world.imports import changes
from wit_world.imports.http import Response
from wit_world.imports.types import Error, ErrorKind, Retry_Backoff, Timestamp

from connector.records import membership


def operation(action, key=KEY):
    given = request(key=key, resource=None, until=None)
    made = changes.Action_Grant(given) if action == "grant" else changes.Action_Revoke(given)
    return request(id="o", action=made, reason=None, ticket=None)


def apply(one):
    return CONNECTOR.apply(CONNECTION, request(operations=[one]))


class Changes(unittest.TestCase):
    def test_what_was_so_before_is_no_error(self):
        table = [
            ("grant", answer(201), "GRANTED"),
            ("grant", answer(200), "ALREADY_GRANTED"),
            ("revoke", answer(204, ""), "REVOKED"),
            ("revoke", refused(404, "not_a_member"), "ALREADY_REVOKED"),
        ]
        for action, response, expected in table:
            with self.subTest(f"{action} {response.status}"), Host(lambda _, given=response: given) as host:
                [result] = apply(operation(action))
                self.assertEqual(result.value.kind.name, expected)
                method = "PUT" if action == "grant" else "DELETE"
                self.assertEqual(host.asked, [f"{method} /api/v1/teams/sandbox/members/alice"])

    def test_the_simulated_target_answers_so(self):
        with Host(simulated()):
            kinds = [apply(operation(one))[0].value.kind.name for one in ("grant", "grant", "revoke", "revoke")]
        self.assertEqual(kinds, ["GRANTED", "ALREADY_GRANTED", "REVOKED", "ALREADY_REVOKED"])

    def test_a_refusal_is_raised_since_nothing_was_changed(self):
        table = [
            (refused(404, "not_found"), ErrorKind.NOT_FOUND),
            (refused(409, "managed_by_directory"), ErrorKind.NOT_MANAGEABLE),
            (refused(403, "read_only"), ErrorKind.PERMISSION_DENIED),
            (refused(429, "slow_down"), ErrorKind.RATE_LIMITED),
        ]
        for response, kind in table:
            with self.subTest(kind.name), Host(lambda _, given=response: given):
                with self.assertRaises(Err) as raised:
                    apply(operation("grant"))
                self.assertEqual(raised.exception.value.kind, kind)

    def test_what_leaves_the_outcome_open_is_the_error_of_the_operation(self):
        lost = Error(ErrorKind.UNAVAILABLE, "lost", "Lost.", None, Retry_Backoff(), None, None, [], "")

        def lose(_):
            raise Err(lost)

        page = "<html>"
        table = [
            ("grant", lose),
            ("grant", lambda _: answer(503, page)),
            ("grant", lambda _: answer(200, page)),
            # Whoever answered, it was not the service.
            ("grant", lambda _: Response(201, [], b"{}", "")),
            ("revoke", lambda _: Response(204, [], b"", "")),
        ]
        for action, respond in table:
            with Host(respond):
                [result] = apply(operation(action))
                self.assertIsInstance(result, Err)

    def test_an_id_stays_within_its_segment(self):
        with Host(lambda _: answer(201)) as host:
            apply(operation("grant", membership("a/../b?c", "é")))
        self.assertEqual(host.asked, ["PUT /api/v1/teams/%C3%A9/members/a%2F..%2Fb%3Fc"])

    def test_a_lost_change_is_settled_by_looking(self):
        table = [
            # What was asked, whether it is held now and before, how many seconds later.
            ("grant", True, False, 1, "GRANTED"),
            ("grant", True, True, 1, "ALREADY_GRANTED"),
            ("grant", False, False, 59, "UNKNOWN"),
            ("grant", False, False, 60, "NOT_APPLIED"),
            ("revoke", False, True, 1, "REVOKED"),
            ("revoke", False, False, 1, "ALREADY_REVOKED"),
            ("revoke", True, True, 59, "UNKNOWN"),
            ("revoke", True, True, 60, "NOT_APPLIED"),
        ]
        for action, held, before, later, expected in table:
            teams = [{"id": "sandbox", "name": "Sandbox", "managed_by": None}] if held else []
            listed = answer(200, {"teams": teams, "next": None})
            with self.subTest(f"{action} {held} {before} {later}"), Host(lambda _, given=listed: given) as host:
                host.seconds = NOW + later
                settled = CONNECTOR.settle(
                    CONNECTION,
                    request(
                        operation=operation(action),
                        prior=request(key=KEY) if before else None,
                        handle=None,
                        sent=Timestamp(NOW, 0),
                        given_up=Timestamp(NOW, 0),
                        last_changed=None,
                    ),
                )
                self.assertEqual(settled.kind.name, expected)
                self.assertEqual(host.asked, ["GET /api/v1/users/alice/teams?limit=100"])
