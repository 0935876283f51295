//! Faults do what they say, once, and leave the truth alone.

use std::io::Read as _;
use std::time::Duration;

use entra_sim::{Answer, Fault, Matcher, SimulatedFault, cast};
use http::Method;
use serde_json::json;

use crate::client::{Client, GRAPH, read, reference};

fn inject(client: &Client, what: Answer) {
    client.simulator.inject(Fault { when: Matcher::once("/v1.0/"), what });
}

#[tokio::test]
async fn throttling_has_the_headers_and_the_body() {
    let client = Client::signed_in().await;
    inject(&client, Answer::Throttle { retry_after: Some("2.128".to_owned()) });
    let got = client.get("/users").await;
    assert_eq!(got.error(), (429, "TooManyRequests", "Please retry again later."));
    assert_eq!(got.header("retry-after"), "2.128");
    let scope = format!("Tenant_Application/Read/{}/{}", cast::CLIENT_ID, cast::TENANT_ID);
    assert_eq!(got.header("x-ms-throttle-scope"), scope);
    assert_eq!(got.header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    assert_eq!(got.header("x-ms-resource-unit"), "2");
    let inner = &got.json["error"]["innerError"];
    assert_eq!((&inner["code"], &inner["status"]), (&json!("429"), &json!("429")));
    assert_eq!(client.get("/users").await.status, 200, "only once");
    inject(&client, Answer::Throttle { retry_after: None });
    assert!(!client.get("/users").await.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn answers_of_gateways() {
    let client = Client::signed_in().await;
    for (what, status, kind) in [
        (Answer::Html { status: 502 }, 502, "text/html"),
        (Answer::Html { status: 200 }, 200, "text/html"),
        (Answer::EmptyBody { status: 503 }, 503, ""),
        (
            Answer::Status { status: 500, code: "UnknownError".into(), message: String::new() },
            500,
            "application/json",
        ),
        (Answer::Redirect { status: 307, location: "https://evil.example/".into() }, 307, ""),
        (Answer::Unauthorized, 401, "application/json"),
    ] {
        inject(&client, what.clone());
        let got = client.get("/users").await;
        assert_eq!((got.status, got.header("content-type")), (status, kind), "{what:?}");
        assert!(!got.header("request-id").is_empty());
    }
    inject(&client, Answer::ContinuousAccessChallenge);
    let got = client.get("/users").await;
    let header = got.header("www-authenticate");
    assert!(header.contains("error=\"insufficient_claims\", claims=\"eyJ"), "{header}");
    inject(&client, Answer::Oversized { bytes: 3_000_000 });
    assert_eq!(client.get("/users").await.text.len(), 3_000_000);
    inject(&client, Answer::GzipBomb { inflated: 50_000_000 });
    let response = client.ask(Method::GET, "/users", &[], None).await.unwrap();
    assert!(response.body().len() < 100_000);
    let inflated = std::io::copy(
        &mut flate2::read::GzDecoder::new(&response.body()[..]).take(60_000_000),
        &mut std::io::sink(),
    );
    assert_eq!(inflated.unwrap(), 50_000_000);
}

#[tokio::test(start_paused = true)]
async fn lost_writes_are_applied_or_not_as_the_name_says() {
    let client = Client::signed_in().await;
    let path = format!("/groups/{}/members/$ref", cast::EMPTY_ROOM);
    for (what, applied) in [
        (Answer::ResetBefore, false),
        (Answer::NoAnswer, false),
        (Answer::TlsFailure, false),
        (
            Answer::Status { status: 504, code: "UnknownError".into(), message: String::new() },
            false,
        ),
        (Answer::ResetAfter, true),
        (Answer::AppliedNoAnswer, true),
        (Answer::AppliedThen { status: 504 }, true),
        (Answer::TruncatedBody, true),
    ] {
        inject(&client, what.clone());
        let answer = tokio::time::timeout(
            Duration::from_secs(100),
            client.ask(Method::POST, &path, &[], Some(reference(cast::ALICE))),
        )
        .await;
        match (&what, answer) {
            (Answer::NoAnswer | Answer::AppliedNoAnswer, answer) => assert!(answer.is_err()),
            (Answer::ResetBefore, answer) => {
                assert!(matches!(
                    answer.unwrap(),
                    Err(SimulatedFault::ConnectionReset { applied: false })
                ));
            }
            (Answer::ResetAfter, answer) => {
                assert!(matches!(
                    answer.unwrap(),
                    Err(SimulatedFault::ConnectionReset { applied: true })
                ));
            }
            (Answer::TlsFailure, answer) => {
                assert!(matches!(answer.unwrap(), Err(SimulatedFault::TlsFailure)))
            }
            (Answer::TruncatedBody, answer) => {
                assert!(matches!(answer.unwrap(), Err(SimulatedFault::TruncatedBody { .. })));
            }
            (_, answer) => assert_eq!(read(answer.unwrap().unwrap()).status, 504),
        }
        let removed = client.simulator.tenant().remove_member(cast::EMPTY_ROOM, cast::ALICE);
        assert_eq!(removed, applied, "{what:?}");
        assert_eq!(client.simulator.trace().last().unwrap().wrote, applied);
    }
}

#[tokio::test]
async fn a_truncated_body_is_half_of_the_whole() {
    let client = Client::signed_in().await;
    inject(&client, Answer::TruncatedBody);
    let Err(SimulatedFault::TruncatedBody { partial, length }) =
        client.ask(Method::GET, "/users", &[], None).await
    else {
        panic!("not truncated");
    };
    assert_eq!((partial.status().as_u16(), partial.body().len()), (200, length / 2));
}

#[tokio::test]
async fn a_page_loop_points_at_itself() {
    let client = Client::signed_in().await;
    inject(&client, Answer::PageLoop);
    let got = client.get("/users?$top=2").await;
    assert_eq!(got.json["@odata.nextLink"], format!("{GRAPH}/users?$top=2"));
}

#[tokio::test]
async fn matchers_skip_count_and_choose() {
    let client = Client::signed_in().await;
    let when = Matcher {
        method: Some(Method::GET),
        path_contains: Some("/groups".into()),
        skip: 1,
        times: 2,
    };
    client.simulator.inject(Fault { when, what: Answer::EmptyBody { status: 503 } });
    let mut statuses = Vec::new();
    for path in ["/groups", "/users", "/groups", "/groups", "/groups"] {
        statuses.push(client.get(path).await.status);
    }
    assert_eq!(statuses, [200, 200, 503, 503, 200]);
    client
        .simulator
        .inject(Fault { when: Matcher::always("/users"), what: Answer::EmptyBody { status: 500 } });
    assert_eq!(client.get("/users").await.status, 500);
    client.simulator.clear_faults();
    assert_eq!(client.get("/users").await.status, 200);
}

#[tokio::test]
async fn gzip_when_it_is_accepted() {
    let client = Client::signed_in().await;
    let headers = [("Accept-Encoding", "gzip")];
    let response = client.ask(Method::GET, "/users", &headers, None).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&response.body()[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains("Alice Archer"));
}

#[tokio::test]
async fn the_trace_is_bounded_and_holds_no_secret() {
    let client = Client::signed_in().await;
    client.simulator.change_settings(|settings| settings.trace_capacity = 3);
    for _ in 0..5 {
        client.get("/organization").await;
    }
    let trace = client.simulator.trace();
    assert_eq!(trace.len(), 3);
    let text = format!("{trace:?} {:?}", client.simulator);
    assert!(!text.contains(cast::SECRET) && !text.contains(client.token.as_ref().unwrap()));
}

#[tokio::test]
async fn other_hosts_do_not_exist() {
    let client = Client::signed_in().await;
    let fault =
        client.ask(Method::GET, "https://graph.microsoft.example/v1.0/users", &[], None).await;
    assert!(matches!(fault, Err(SimulatedFault::NoSuchHost(_))));
}
