//! Loops, throttling, outages and answers that are none.

use doorward_core::{ErrorKind, Query, Retry, Term};
use entra_sim::{Answer, cast};

use crate::world::{World, group, member, user};

fn users() -> Query {
    Query::Find { kind: "user".to_owned(), term: Term::Name("Alice Archer".to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn a_page_loop_is_refused() {
    let world = World::new();
    world.fault("/members", Answer::PageLoop);
    let query =
        Query::Holders { resource: group(cast::FINANCE), entitlement: Some("member".to_owned()) };
    let error = world.try_read(query).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::ContractViolation, "page-loop"));
    world.fault("/memberOf", Answer::PageLoop);
    let query = Query::Grant { key: member(user(cast::ALICE), cast::FINANCE) };
    assert_eq!(world.try_read(query).await.unwrap_err().reason, "page-loop");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_graphs_is_said_to_be_none() {
    let world = World::new();
    for (fault, reason) in [
        (Answer::Html { status: 200 }, "unexpected-answer"),
        (Answer::EmptyBody { status: 200 }, "unexpected-answer"),
        (Answer::EmptyBody { status: 204 }, "unexpected-answer"),
        (Answer::Html { status: 404 }, "unexpected-answer"),
    ] {
        world.fault("/users", fault.clone());
        let error = world.try_read(users()).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::Unavailable, reason),
            "{fault:?}"
        );
        assert!(error.remedy.unwrap().contains("proxy"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_says_so() {
    let world = World::new();
    world.fault_always("/members/$ref", Answer::Throttle { retry_after: Some("900.5".to_owned()) });
    let error = world.change(true, member(user(cast::ALICE), cast::FINANCE)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert_eq!(error.retry, Retry::After { milliseconds: 900_500 });
    world.simulator.clear_faults();
    world.fault_always("/users", Answer::Html { status: 503 });
    let error = world.try_read(users()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn concurrent_changes_are_tried_again() {
    let world = World::new();
    let status = |status| Answer::Status {
        status,
        code: "Directory_ConcurrencyViolation".to_owned(),
        message: String::new(),
    };
    world.fault("$ref", status(409));
    world.fault("$ref", status(400));
    let outcome = world.change(true, member(user(cast::ALICE), cast::FINANCE)).await.unwrap();
    assert_eq!(outcome, doorward_core::OutcomeKind::Granted);
}
