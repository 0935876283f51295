import json
import unittest

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, Host, answer, listing, request
from wit_world.imports.types import (
    ErrorKind,
    Record_Account,
    Record_Expected,
    Record_Grant,
    Record_Skipped,
    Timestamp,
)


def start(stream):
    return CONNECTOR.start(CONNECTION, request(stream=stream, bookmarks=[], facts=[]))


def everything(stream, respond):
    """The records of a whole stream, and the host."""
    records = []
    with Host(respond) as host:
        cursors = start(stream)
        while cursors:
            page = CONNECTOR.sync(CONNECTION, request(cursor=cursors.pop(0), facts=[]))
            records += page.records
            cursors += [following.cursor for following in page.next]
    return records, host


def of(kind, records):
    return [record.value for record in records if isinstance(record, kind)]


def user(id):
    return {"id": id, "userName": f"{id}@example.com"}


def began(asked):
    return int(asked.path.text.split("startIndex=")[1].split("&")[0])


class Sync(unittest.TestCase):
    def test_short_pages_are_no_last_pages(self):
        everybody = [user(id) for id in "abcde"]

        def respond(asked):
            first = began(asked) - 1
            return listing(5, everybody[first : first + 2], first + 1)

        records, host = everything("users", respond)
        self.assertEqual([account.key.id for account in of(Record_Account, records)], list("abcde"))
        expected = [f"GET /scim/v2/Users?startIndex={first}&count=100" for first in (1, 3, 5)]
        self.assertEqual(host.asked(), expected)
        self.assertEqual([(one.what, one.count) for one in of(Record_Expected, records)], [("user", 5)])

    def test_a_total_that_falls_and_a_page_that_is_missing_are_told(self):
        def respond(asked):
            return listing(3, [user("a")]) if began(asked) == 1 else listing(2, [], 2)

        records, _ = everything("users", respond)
        codes = [skipped.code for skipped in of(Record_Skipped, records)]
        self.assertEqual(codes, ["missing-page", "changed-while-reading"])

    def test_a_service_that_gives_the_first_page_again_is_refused(self):
        with self.assertRaises(Err) as raised:
            everything("users", lambda _: listing(3, [user("a")], 1))
        self.assertEqual(raised.exception.value.reason, "unexpected-answer")

    def test_members_become_grants_by_type_or_by_place(self):
        members = [
            {"value": "u1"},
            {"value": "u2", "type": "User"},
            {"value": "g2", "type": "group"},
            {"value": "g3", "$ref": "https://scim.example/scim/v2/Groups/g3"},
            {"value": "d1", "type": "Device"},
            {"display": "nobody"},
        ]
        group = {
            "id": "g1", "displayName": "Staff", "externalId": "x", "members": members,
            "meta": {"created": "2026-01-02T03:04:05.5Z"},
        }  # fmt: skip
        records, _ = everything("groups", lambda _: listing(1, [group]))
        grants = [(one.key.principal.kind, one.key.principal.id) for one in of(Record_Grant, records)]
        self.assertEqual(grants, [("user", "u1"), ("user", "u2"), ("group", "g2"), ("group", "g3")])
        codes = [skipped.code for skipped in of(Record_Skipped, records)]
        self.assertEqual(codes, ["unknown-member-type", "member-without-id"])
        resource = records[0].value
        self.assertEqual(resource.created, Timestamp(1_767_323_045, 500_000_000))
        self.assertEqual(json.loads(resource.attributes), {"externalId": "x"})

    def test_a_user_is_told_as_far_as_the_service_tells_it(self):
        users = [
            {
                "id": "1", "userName": "ada", "name": {"formatted": "Ada L."}, "active": False,
                "emails": [{"value": "second@example.com"}, {"value": "first@example.com", "primary": True}],
            },
            {"id": "2", "userName": "bo", "displayName": "Bo"},
            {"userName": "nobody"},
        ]  # fmt: skip
        records, _ = everything("users", lambda _: listing(3, users))
        ada, bo = of(Record_Account, records)
        seen = (ada.name, ada.login, ada.mail, ada.enabled)
        self.assertEqual(seen, ("Ada L.", "ada", "first@example.com", False))
        self.assertEqual((bo.name, bo.mail, bo.enabled), ("Bo", None, None))
        self.assertEqual(of(Record_Skipped, records)[0].code, "object-without-id")

    def test_all_streams_are_begun_and_no_other(self):
        self.assertEqual([cursor.stream for cursor in start(None)], ["users", "groups"])
        with self.assertRaises(Err) as raised:
            start("devices")
        self.assertEqual(raised.exception.value.reason, "unknown-stream")

    def test_a_page_that_is_no_list_is_refused(self):
        for status, body in [(200, "<html>"), (200, {"Resources": []}), (200, {"totalResults": True}), (302, "")]:
            with self.subTest(body), self.assertRaises(Err) as raised:
                everything("users", lambda _, given=(status, body): answer(*given))
            self.assertEqual(raised.exception.value.kind, ErrorKind.CONTRACT_VIOLATION)
