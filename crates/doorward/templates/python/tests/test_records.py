"""What users, teams and members become."""

import unittest

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, NOW, Host, answer, request, simulated
from wit_world.imports import questions
from wit_world.imports.pages import Cursor
from wit_world.imports.types import (
    ErrorKind,
    ObjectRef,
    Record_Account,
    Record_Grant,
    Record_Resource,
    Record_Skipped,
    Timestamp,
)

from connector.moments import moment
from connector.records import account, member, team


def everything(respond):
    """All records of a sync, read as the host does."""
    records = []
    with Host(respond):
        cursors = CONNECTOR.start(CONNECTION, request(stream=None, bookmarks=[], facts=[]))
        while cursors:
            page = CONNECTOR.sync(CONNECTION, request(cursor=cursors.pop(), facts=[]))
            records += page.records
            cursors += [following.cursor for following in page.next]
    return records


class Records(unittest.TestCase):
    def test_a_user_is_told_as_far_as_the_service_tells_it(self):
        table = [
            ({"id": "a", "name": "Ada", "email": "a@b.c", "active": False}, ("Ada", "a@b.c", False)),
            ({"id": "a", "name": "", "email": None, "active": "yes"}, ("a", None, None)),
        ]
        for found, expected in table:
            with self.subTest(found):
                made = account(found).value
                self.assertEqual((made.name, made.mail, made.enabled), expected)
                self.assertEqual(made.login, "a")

    def test_a_team_says_whether_it_can_be_changed(self):
        table = [
            ({"managed_by": None}, "team", []),
            ({"managed_by": "directory"}, "directory-team", ["managed-by-directory"]),
            # What is not told is not free, nor is what nobody knows yet.
            ({}, "directory-team", ["manager-unknown"]),
            ({"managed_by": "payroll"}, "directory-team", ["manager-unknown"]),
        ]
        for told, class_, codes in table:
            with self.subTest(told):
                made = team({"id": "t", "name": "T", **told}).value
                self.assertEqual(made.class_, class_)
                self.assertEqual([rule.refusal.code for rule in made.refusals], codes)

    def test_what_has_no_id_is_told_and_not_left_out(self):
        for made in (account({}), account(None), team({"id": 1}), member("t", {"name": "Ada"})):
            self.assertIsInstance(made, Record_Skipped)

    def test_a_sync_reads_everything_page_by_page(self):
        records = everything(simulated())
        counts = [sum(isinstance(one, kind) for one in records) for kind in (Record_Account, Record_Resource)]
        self.assertEqual(counts, [261, 12])
        held = [one.value.key for one in records if isinstance(one, Record_Grant)]
        self.assertEqual(sum(key.resource.id == "everyone" for key in held), 261)
        self.assertEqual({key.principal.id for key in held if key.resource.id == "sandbox"}, {"bob", "carol", "dave"})

    def test_a_list_that_leads_to_itself_ends(self):
        with self.assertRaises(Err) as raised:
            everything(lambda _: answer(200, {"users": [], "teams": [], "next": "again"}))
        self.assertEqual(raised.exception.value.reason, "unexpected-answer")

    def test_a_place_that_is_none_of_ours_is_an_error_and_not_the_beginning(self):
        query = questions.Query_Holders(questions.HoldersQuery(ObjectRef("team", "everyone"), None, ""))
        foreign = ["", "null", "{}", '{"after":1}', '{"after":null}', '{"after":""}', '{"after":"a","more":null}']
        with Host(simulated()) as host:
            for cursor in foreign:
                with self.subTest(cursor), self.assertRaises(Err) as raised:
                    CONNECTOR.read(CONNECTION, request(query=query, cursor=cursor))
                error = raised.exception.value
                self.assertEqual((error.kind, error.reason), (ErrorKind.INVALID_REQUEST, "foreign-cursor"))
            for body in [*foreign, '{"after":"a"}', '{"after":null,"team":1}', '{"after":null,"team":"chess"}']:
                with self.subTest(body), self.assertRaises(Err) as raised:
                    CONNECTOR.sync(CONNECTION, request(cursor=Cursor("users", 0, body, ""), facts=[]))
                error = raised.exception.value
                self.assertEqual((error.kind, error.reason), (ErrorKind.CURSOR_EXPIRED, "foreign-cursor"))
        self.assertEqual(host.asked, [])

    def test_a_moment_is_read_to_the_second(self):
        table = [
            ("2026-11-23T08:00:00Z", NOW),
            ("2026-11-23T09:30:00+01:30", NOW),
            ("2026-11-23T08:00:00.000Z", NOW),
            ("2026-11-23T08:00:00.999999999Z", NOW),
            ("1969-12-31T23:59:59.5Z", -1),
        ]
        for written, seconds in table:
            with self.subTest(written):
                self.assertEqual(moment(written), Timestamp(seconds, 0))
        for written in (None, "", "2026-11-23", "2026-11-23T08:00:00", "2026-13-23T08:00:00Z"):
            with self.subTest(written):
                self.assertIsNone(moment(written))

    def test_somebody_is_found_by_id_name_and_mail(self):
        terms = [
            questions.Term_Id("alice"),
            questions.Term_Name("alice"),
            questions.Term_Name("Alice Archer"),
            questions.Term_Mail("alice@teams.example"),
        ]
        for term in terms:
            with self.subTest(term), Host(simulated()):
                query = questions.Query_Find(questions.FindQuery("user", term, ""))
                found = CONNECTOR.read(CONNECTION, request(query=query, cursor=None))
                self.assertEqual([one.value.key.id for one in found.records], ["alice"])
