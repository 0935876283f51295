//! Everything, page by page: one cursor in, one page out.
//!
//! The host keeps the cursors, reads several pages at once, in any order, and may read one again
//! after a crash. So a page must follow from its cursor alone.

use doorward_core::{
    Attributes, Context, Cursor, Error, ErrorKind, Next, ObjectRef, Page, Record, Result, Skipped,
    StartRequest,
};
use serde::Deserialize;
use serde_json::json;

use crate::client::{existing, list, named};
use crate::connection::Service;
use crate::records::{TEAM, Team, User, member};

const USERS: &str = "users";
const TEAMS: &str = "teams";

/// A place in a stream: in the list of the members of a team, or, without one, in the list that the
/// stream is named after.
///
/// Exactly these fields, or it is a cursor of somebody else: to begin at the beginning instead would
/// give the same people twice, and nobody would know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    #[serde(deserialize_with = "Option::deserialize")]
    team: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    after: Option<String>,
}

fn cursor(stream: &str, team: Option<&str>, after: Option<&str>) -> Cursor {
    Cursor { stream: stream.to_owned(), phase: 0, body: json!({"team": team, "after": after}) }
}

pub(crate) fn start(request: &StartRequest) -> Result<Vec<Cursor>> {
    match request.stream.as_deref() {
        None => Ok([USERS, TEAMS].map(|stream| cursor(stream, None, None)).to_vec()),
        Some(stream @ (USERS | TEAMS)) => Ok(vec![cursor(stream, None, None)]),
        Some(other) => Err(unknown_stream(other)),
    }
}

pub(crate) async fn sync(service: &Service, context: &Context, from: Cursor) -> Result<Page> {
    let Ok(Place { team, after }) = serde_json::from_value(from.body) else {
        return Err(foreign_cursor());
    };
    match (from.stream.as_str(), team) {
        (USERS, None) => users(service, context, after.as_deref()).await,
        (TEAMS, None) => teams(service, context, after.as_deref()).await,
        (TEAMS, Some(team)) => members(service, context, &team, after.as_deref()).await,
        (USERS, Some(_)) => Err(foreign_cursor()),
        (other, _) => Err(unknown_stream(other)),
    }
}

fn foreign_cursor() -> Error {
    Error::new(
        ErrorKind::CursorExpired,
        "foreign-cursor",
        "The place in the sync is not one of this connector.",
    )
    .remedy("Read the stream again from its start.")
}

async fn users(service: &Service, context: &Context, after: Option<&str>) -> Result<Page> {
    let page = list::<User>(context, service.users(), after, "for the users").await?;
    let next = page.next.map(|after| continues(cursor(USERS, None, Some(&after))));
    Ok(Page {
        records: page.items.into_iter().map(Record::from).collect(),
        next: next.into_iter().collect(),
        ..Page::default()
    })
}

/// Each team's members are a chain of their own, beside the one that goes on with the teams.
async fn teams(service: &Service, context: &Context, after: Option<&str>) -> Result<Page> {
    let page = list::<Team>(context, service.teams(), after, "for the teams").await?;
    let forks = page.items.iter().filter_map(|team| team.id.as_deref()).map(|id| Next {
        cursor: cursor(TEAMS, Some(id), None),
        continues: false,
        not_before: None,
    });
    let mut next: Vec<Next> = forks.collect();
    next.extend(page.next.map(|after| continues(cursor(TEAMS, None, Some(&after)))));
    let records = page.items.into_iter().map(Record::from).collect();
    Ok(Page { records, next, ..Page::default() })
}

/// Only who is a member: who that is, the stream of users tells.
async fn members(
    service: &Service,
    context: &Context,
    team: &str,
    after: Option<&str>,
) -> Result<Page> {
    let key = ObjectRef::new(TEAM, team);
    let path = service.team(&key)?.literal("members");
    let doing = format!("for the members of {}", named(&key));
    let Some(page) = existing(list::<User>(context, path, after, &doing).await)? else {
        return Ok(Page { records: vec![gone(key)], ..Page::default() });
    };
    let next = page.next.map(|after| continues(cursor(TEAMS, Some(team), Some(&after))));
    Ok(Page {
        records: page.items.iter().map(|user| member(user, team)).collect(),
        next: next.into_iter().collect(),
        ..Page::default()
    })
}

fn continues(cursor: Cursor) -> Next {
    Next { cursor, continues: true, not_before: None }
}

/// Nothing is left out silently: a snapshot with a hole would take access from people.
fn gone(team: ObjectRef) -> Record {
    Record::Skipped(Skipped {
        object: Some(team),
        code: "deleted-while-reading".to_owned(),
        message: "The team was deleted while the teams were read.".to_owned(),
        attributes: Attributes::new(),
    })
}

fn unknown_stream(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "unknown-stream",
        format!("There is no stream `{name}`: there are users and teams."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, answer, denied, service, wait};

    const BASE: &str = "https://teams.example/api/v1";

    fn page(fake: &Fake, cursor: Cursor) -> Result<Page> {
        wait(sync(&service(BASE), &fake.context(), cursor))
    }

    #[test]
    fn a_page_of_teams_leads_to_their_members_and_to_the_next_page() {
        let fake = Fake::answering([answer(
            200,
            Some(json!({
                "teams": [{"id": "chess", "name": "Chess", "managed_by": null}],
                "next": "a/b",
            })),
        )]);
        let page = page(&fake, cursor(TEAMS, None, None)).unwrap();
        assert_eq!(fake.asked(), ["GET /api/v1/teams?limit=100"]);
        assert_eq!(page.records.len(), 1);
        let next: Vec<_> =
            page.next.into_iter().map(|next| (next.cursor, next.continues)).collect();
        let expected =
            [(cursor(TEAMS, Some("chess"), None), false), (cursor(TEAMS, None, Some("a/b")), true)];
        assert_eq!(next, expected);
    }

    #[test]
    fn a_place_is_handed_back_as_it_was_given() {
        let fake = Fake::answering([answer(200, Some(json!({"members": [], "next": null})))]);
        let page = page(&fake, cursor(TEAMS, Some("chess"), Some("a&b"))).unwrap();
        assert_eq!(fake.asked(), ["GET /api/v1/teams/chess/members?limit=100&after=a%26b"]);
        assert_eq!(page, Page::default());
    }

    #[test]
    fn a_place_that_is_not_understood_is_not_the_beginning() {
        let bodies = [
            json!("b"),
            json!({}),
            json!({"team": "chess"}),
            json!({"team": null, "after": 7}),
            json!({"team": null, "after": null, "page": 2}),
            json!({"team": "chess", "after": null}),
        ];
        for body in bodies {
            let fake = Fake::answering([]);
            let error = page(&fake, Cursor { body, ..cursor(USERS, None, None) }).unwrap_err();
            assert_eq!((error.kind, fake.asked()), (ErrorKind::CursorExpired, Vec::new()));
        }
    }

    #[test]
    fn what_leads_nowhere_is_an_error_and_no_end() {
        for answered in [json!({"users": [], "next": "b"}), json!({"users": []})] {
            let fake = Fake::answering([answer(200, Some(answered))]);
            let error = page(&fake, cursor(USERS, None, Some("b"))).unwrap_err();
            assert_eq!(error.kind, ErrorKind::ContractViolation);
        }
    }

    #[test]
    fn a_team_that_is_gone_is_told() {
        let fake = Fake::answering([denied(404, "not_found")]);
        let page = page(&fake, cursor(TEAMS, Some("chess"), None)).unwrap();
        assert_eq!(page.records, [gone(ObjectRef::new(TEAM, "chess"))]);
    }
}
