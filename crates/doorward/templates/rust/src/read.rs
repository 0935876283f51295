//! Questions about single objects and grants: what the host asks before and after each change.
//!
//! What is not there is an answer to `Find`, `Objects` and `Grant`, and `NotFound` for the others:
//! that nobody has access to what does not exist is true, and misleading.

use doorward_core::{
    AccessPath, Answer, Attributes, Context, Error, ErrorKind, Grant, GrantKey, HttpRequest,
    MOST_AT_ONCE, ObjectRef, Path, Query, ReadRequest, Record, Result, Term,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::iter;

use crate::client::{Listed, existing, get, list, named, success};
use crate::connection::{ENDPOINT, Service};
use crate::records::{MEMBER, TEAM, Team, USER, User, is_membership, member, membership};

pub(crate) async fn read(
    service: &Service,
    context: &Context,
    request: ReadRequest,
) -> Result<Answer> {
    let after = after(request.cursor)?;
    let after = after.as_deref();
    match request.query {
        Query::Find { kind, term } => find(service, context, &kind, term, after).await,
        Query::Objects { keys } => objects(service, context, &keys).await,
        Query::Holders { resource, entitlement } => {
            holders(service, context, &resource, entitlement.as_deref(), after).await
        }
        Query::Holdings { principal } => holdings(service, context, &principal, after).await,
        Query::Grant { key } => {
            let is_there = is_member(service, context, &key).await?;
            let grant = is_there.then(|| Record::Grant(Grant::new(key)));
            Ok(answer(grant.into_iter().collect(), None))
        }
        // A team is in nothing.
        Query::Containers { .. } => Ok(Answer::default()),
        Query::Paths { principal, resource, entitlement } => {
            paths(service, context, principal, resource, &entitlement).await
        }
    }
}

/// The cursor of an answer is the place in the one list that it is read from.
fn after(cursor: Option<Value>) -> Result<Option<String>> {
    match cursor {
        None => Ok(None),
        Some(Value::String(after)) => Ok(Some(after)),
        Some(_) => Err(Error::new(
            ErrorKind::InvalidRequest,
            "foreign-cursor",
            "The place in the answer is not one of this connector.",
        )
        .remedy("Ask again from the beginning.")),
    }
}

fn answer(records: Vec<Record>, next: Option<String>) -> Answer {
    Answer { records, next: next.map(Value::String), ..Answer::default() }
}

/// Candidates: the host compares names itself, so that more than what fits does no harm, and less
/// would.
async fn find(
    service: &Service,
    context: &Context,
    kind: &str,
    term: Term,
    after: Option<&str>,
) -> Result<Answer> {
    match (kind, term) {
        (_, Term::Id(id)) => objects(service, context, &[ObjectRef::new(kind, id)]).await,
        (USER, Term::Name(name)) => {
            let path = service.users().query("name", &name);
            let mut found = page::<User>(context, path, after, "for users by name").await?;
            // A name to sign in with is a name, too: here it is the id.
            if after.is_none() {
                let user = ObjectRef::new(USER, name);
                found.records.extend(objects(service, context, &[user]).await?.records);
            }
            Ok(found)
        }
        (USER, Term::Mail(mail)) => {
            let path = service.users().query("email", &mail);
            page::<User>(context, path, after, "for users by mail").await
        }
        (TEAM, Term::Name(name)) => {
            let path = service.teams().query("name", &name);
            page::<Team>(context, path, after, "for teams by name").await
        }
        _ => Ok(Answer::default()),
    }
}

async fn page<T>(context: &Context, path: Path, after: Option<&str>, doing: &str) -> Result<Answer>
where
    T: DeserializeOwned,
    Record: From<T>,
{
    let Listed { items, next } = list::<T>(context, path, after, doing).await?;
    Ok(answer(items.into_iter().map(Record::from).collect(), next))
}

/// Those of them that exist, asked for at once.
async fn objects(service: &Service, context: &Context, keys: &[ObjectRef]) -> Result<Answer> {
    let mut records = Vec::new();
    for keys in keys.chunks(MOST_AT_ONCE) {
        let path = |key: &ObjectRef| match key.kind.as_str() {
            USER => service.user(key),
            _ => service.team(key),
        };
        // What there can be no path of is not there.
        let asked: Vec<(&ObjectRef, Path)> =
            keys.iter().filter_map(|key| Some((key, path(key).ok()?))).collect();
        let requests = asked.iter().map(|(_, path)| HttpRequest::get(ENDPOINT, path.clone()));
        let answers = context.http().send_all(requests.collect()).await;
        for ((key, _), response) in asked.iter().zip(answers) {
            let (response, doing) = (response?, format!("for {}", named(key)));
            records.extend(match key.kind.as_str() {
                USER => existing(success::<User>(&response, &doing))?.map(Record::from),
                _ => existing(success::<Team>(&response, &doing))?.map(Record::from),
            });
        }
    }
    Ok(answer(records, None))
}

async fn holders(
    service: &Service,
    context: &Context,
    team: &ObjectRef,
    entitlement: Option<&str>,
    after: Option<&str>,
) -> Result<Answer> {
    let path = service.team(team)?.literal("members");
    let doing = format!("for the members of {}", named(team));
    // Also when another right is asked for: whether the team exists must be known.
    let page = list::<User>(context, path, after, &doing).await?;
    if entitlement.is_some_and(|entitlement| entitlement != MEMBER) {
        return Ok(Answer::default());
    }
    let records = page.items.into_iter().flat_map(|user| {
        let grant = member(&user, &team.id);
        let account = user.id.is_some().then(|| Record::from(user));
        account.into_iter().chain([grant])
    });
    Ok(answer(records.collect(), page.next))
}

async fn holdings(
    service: &Service,
    context: &Context,
    user: &ObjectRef,
    after: Option<&str>,
) -> Result<Answer> {
    let page = teams_of(service, context, user, after).await?;
    let records = page.items.into_iter().flat_map(|team| {
        let grant = team.id.as_ref().map(|id| membership(&user.id, id));
        iter::once(Record::from(team)).chain(grant)
    });
    Ok(answer(records.collect(), page.next))
}

async fn teams_of(
    service: &Service,
    context: &Context,
    user: &ObjectRef,
    after: Option<&str>,
) -> Result<Listed<Team>> {
    let path = service.user(user)?.literal("teams");
    list(context, path, after, &format!("for the teams of {}", named(user))).await
}

/// Whether the grant is there. Asked from the user's side: few are in many teams, and a team may
/// have thousands of members. Who does not exist is in no team.
pub(crate) async fn is_member(
    service: &Service,
    context: &Context,
    key: &GrantKey,
) -> Result<bool> {
    if !is_membership(key) {
        return Ok(false);
    }
    let mut seen = BTreeSet::new();
    let mut after = None;
    loop {
        let page = teams_of(service, context, &key.principal, after.as_deref()).await;
        let Some(page) = existing(page)? else { return Ok(false) };
        if page.items.iter().any(|team| team.id.as_ref() == Some(&key.resource.id)) {
            return Ok(true);
        }
        let Some(next) = page.next else { return Ok(false) };
        // Of the pages that the host asks for, it notices this itself.
        if !seen.insert(next.clone()) {
            return Err(circle(&key.principal));
        }
        after = Some(next);
    }
}

fn circle(user: &ObjectRef) -> Error {
    Error::new(
        ErrorKind::ContractViolation,
        "unexpected-answer",
        format!(
            "The pages of the Teams service with the teams of {} lead in a circle.",
            named(user)
        ),
    )
    .remedy("Report this message to those who run the service.")
}

/// Teams do not nest: the only way into one is to be its member.
async fn paths(
    service: &Service,
    context: &Context,
    principal: ObjectRef,
    resource: ObjectRef,
    entitlement: &str,
) -> Result<Answer> {
    let path = service.user(&principal)?;
    let user: User = get(context, path, &format!("for {}", named(&principal))).await?;
    let path = service.team(&resource)?;
    let team: Team = get(context, path, &format!("for {}", named(&resource))).await?;
    let key = GrantKey::new(principal, resource, entitlement);
    let is_there = is_member(service, context, &key).await?;
    let path = is_there.then(|| AccessPath {
        names: vec![
            user.name.unwrap_or_else(|| key.principal.id.clone()),
            team.name.unwrap_or_else(|| key.resource.id.clone()),
        ],
        grants: vec![key],
        attributes: Attributes::new(),
    });
    Ok(Answer { paths: path.into_iter().collect(), ..Answer::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, answer, denied, page_for_people, service, wait};
    use serde_json::json;

    fn teams(id: &str, next: Value) -> doorward_core::HttpResponse {
        let team = json!({"id": id, "name": id, "managed_by": null});
        answer(200, Some(json!({"teams": [team], "next": next})))
    }

    #[test]
    fn a_member_is_looked_for_to_the_last_page() {
        let table = [
            (vec![teams("chess", json!("b")), teams("sandbox", json!(null))], Ok(true)),
            (vec![teams("chess", json!("b")), teams("choir", json!(null))], Ok(false)),
            // Who does not exist is a member of nothing. Only the service can say so.
            (vec![denied(404, "not_found")], Ok(false)),
            (vec![page_for_people(404)], Err(ErrorKind::ContractViolation)),
            (
                vec![
                    teams("chess", json!("b")),
                    teams("choir", json!("c")),
                    teams("chess", json!("b")),
                ],
                Err(ErrorKind::ContractViolation),
            ),
        ];
        for (answers, expected) in table {
            let pages = answers.len();
            let fake = Fake::answering(answers);
            let (user, team) = (ObjectRef::new(USER, "alice"), ObjectRef::new(TEAM, "sandbox"));
            let key = GrantKey::new(user, team, MEMBER);
            let service = service("https://teams.example/api/v1");
            let found = wait(is_member(&service, &fake.context(), &key));
            let found = found.map_err(|error| error.kind);
            assert_eq!((found, fake.asked().len()), (expected, pages));
        }
    }
}
