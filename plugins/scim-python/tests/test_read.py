import re
import unittest
from urllib.parse import unquote

from componentize_py_types import Err
from fakes import CONNECTION, CONNECTOR, Host, answer, listing, request
from wit_world.imports import questions
from wit_world.imports.types import ErrorKind, GrantKey, GrantKind, ObjectRef, Record_Grant

USER = ObjectRef("user", "u")
GROUP = ObjectRef("group", "r")


def ask(query, cursor=None):
    return CONNECTOR.read(CONNECTION, request(query=query, cursor=cursor))


def find(kind, term, cursor=None):
    return ask(questions.Query_Find(questions.FindQuery(kind, term, "")), cursor)


def holders(resource, entitlement=None):
    return ask(questions.Query_Holders(questions.HoldersQuery(resource, entitlement, "")))


def paths(principal, resource):
    return ask(questions.Query_Paths(questions.PathsQuery(principal, resource, "member", "")))


def ids(page):
    return [record.value.key.id for record in page.records]


def service(groups):
    """A service with these groups: id, then members."""

    def respond(asked):
        text = unquote(asked.path.text)
        member = re.search(r'members\.value eq "([^"]*)"', text)
        if member:
            found = [id for id, members in groups.items() if member[1] in members]
            return listing(len(found), [{"id": id, "displayName": id.upper()} for id in found])
        collection, id = re.match(r"/scim/v2/(Users|Groups)/([^?]*)", text).groups()
        if collection == "Users":
            return answer(200, {"id": id, "userName": "ada"}) if id == "u" else answer(404, {})
        if id not in groups:
            return answer(404, {})
        members = [{"value": value} for value in groups[id]]
        return answer(200, {"id": id, "displayName": id.upper(), "members": members})

    return respond


class Read(unittest.TestCase):
    def test_quotes_and_backslashes_stay_within_the_value_of_a_filter(self):
        with Host(lambda _: listing(0, [])) as host:
            find("user", questions.Term_Name('a" or userName pr or userName eq "\\'))
        quoted = '"a\\" or userName pr or userName eq \\"\\\\"'
        wanted = f"userName eq {quoted} or displayName eq {quoted} or name.formatted eq {quoted}"
        self.assertEqual(host.asked(), [f"GET /scim/v2/Users?filter={wanted}&startIndex=1&count=100"])
        self.assertRegex(host.requests[0].path.text, r"^[!-~]+$")
        self.assertEqual(host.requests[0].path.template, "/{}/{}/Users")

    def test_each_kind_is_searched_where_its_name_or_mail_is(self):
        with Host(lambda _: listing(0, [])) as host:
            find("user", questions.Term_Mail("a@example.com"))
            find("group", questions.Term_Name("Staff"))
            find("group", questions.Term_Mail("a@example.com"))
            find("device", questions.Term_Name("x"))
            find("user", questions.Term_Name(""))
        users, groups = host.asked()
        self.assertEqual(users, 'GET /scim/v2/Users?filter=emails.value eq "a@example.com"&startIndex=1&count=100')
        wanted = 'filter=displayName eq "Staff"&excludedAttributes=members&startIndex=1&count=100'
        self.assertEqual(groups, f"GET /scim/v2/Groups?{wanted}")

    def test_an_answer_goes_on_where_it_stopped(self):
        def respond(asked):
            return listing(2, [{"id": "a"}]) if "startIndex=1&" in asked.path.text else listing(2, [{"id": "b"}], 2)

        with Host(respond):
            first = find("user", questions.Term_Name("x"))
            second = find("user", questions.Term_Name("x"), first.next)
            self.assertEqual(ids(first) + ids(second), ["a", "b"])
            self.assertIsNone(second.next)
            with self.assertRaises(Err) as raised:
                find("user", questions.Term_Name("x"), '{"from":0}')
        self.assertEqual(raised.exception.value.reason, "foreign-cursor")

    def test_ids_are_encoded_and_what_is_no_id_is_not_asked_for(self):
        keys = [ObjectRef("user", id) for id in ("a/b?c", "..", "", "é")]
        with Host(lambda _: answer(404, {})) as host:
            self.assertEqual(ask(questions.Query_Objects(keys)).records, [])
            with self.assertRaises(Err) as raised:
                holders(ObjectRef("group", ""))
        texts = [one.path.text for one in host.requests]
        self.assertEqual(texts, ["/scim/v2/Users/a%2Fb%3Fc", "/scim/v2/Users/%C3%A9"])
        self.assertEqual(raised.exception.value.reason, "invalid-id")

    def test_many_objects_are_asked_for_64_at_a_time(self):
        keys = [ObjectRef("user", f"u{number}") for number in range(65)]
        with Host(lambda asked: answer(200, {"id": asked.path.text.rsplit("/", 1)[1]})):
            first = ask(questions.Query_Objects(keys))
            second = ask(questions.Query_Objects(keys), first.next)
        self.assertEqual((len(first.records), ids(second), second.next), (64, ["u64"], None))

    def test_holders_are_the_members_and_missing_targets_are_told(self):
        with Host(service({"r": ["u", "v"]})):
            held = [record.value.key.principal.id for record in holders(GROUP).records]
            self.assertEqual(held, ["u", "v"])
            self.assertEqual(holders(GROUP, "owner").records, [])
            for act in (
                lambda: holders(ObjectRef("group", "none")),
                lambda: ask(questions.Query_Holdings(ObjectRef("user", "none"))),
                lambda: paths(USER, ObjectRef("group", "none")),
            ):
                with self.assertRaises(Err) as raised:
                    act()
                self.assertEqual(raised.exception.value.kind, ErrorKind.NOT_FOUND)

    def test_one_grant_is_looked_up_and_a_missing_one_is_no_error(self):
        def look(principal, resource, scope=None, kind=GrantKind.ACTIVE):
            key = GrantKey(principal, resource, "member", scope, kind)
            return len(ask(questions.Query_Grant(key)).records)

        with Host(service({"r": ["u"]})):
            self.assertEqual(look(USER, GROUP), 1)
            self.assertEqual(look(ObjectRef("user", "v"), GROUP), 0)
            self.assertEqual(look(USER, ObjectRef("group", "none")), 0)
            self.assertEqual(look(USER, GROUP, kind=GrantKind.ELIGIBLE), 0)
            self.assertEqual(look(USER, GROUP, scope=GROUP), 0)

    def test_what_somebody_holds_through_others_has_its_way(self):
        groups = {"a": ["u"], "b": ["a", "c"], "c": ["b"], "r": ["u", "b"], "other": ["x"]}
        with Host(service(groups)):
            records = ask(questions.Query_Holdings(USER)).records
        grants = [record.value for record in records if isinstance(record, Record_Grant)]
        seen = {one.key.resource.id: one.via and one.via.id for one in grants}
        self.assertEqual(seen, {"a": None, "b": "a", "c": "b", "r": None})

    def test_every_way_is_found_and_cycles_end(self):
        with Host(service({"a": ["u"], "b": ["a", "c"], "c": ["b"], "r": ["u", "b"]})):
            answered = paths(USER, GROUP)
        self.assertEqual([way.names for way in answered.paths], [["ada", "R"], ["ada", "A", "B", "R"]])
        grants = [f"{key.principal.kind}:{key.principal.id}>{key.resource.id}" for key in answered.paths[1].grants]
        self.assertEqual(grants, ["user:u>a", "group:a>b", "group:b>r"])
        self.assertEqual(answered.records, [])

    def test_nothing_contains_a_group(self):
        with Host(lambda _: answer(500, {})) as host:
            self.assertEqual(ask(questions.Query_Containers(GROUP)).records, [])
        self.assertEqual(host.asked(), [])
