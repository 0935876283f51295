//! Effects: what is believed, and what a plan sends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use doorward_core::{Effect, HttpRequest, Method, Path, Scheme};
use doorward_http::{CallEnd, CallOptions, Mode, Session};
use serde_json::{Value, json};
use std::time::Duration;
use support::*;

fn open(provider: &Provider) -> Session {
    with(provider, endpoint(Scheme::None))
}

fn call(session: &Session, mode: Mode) -> doorward_http::Call {
    session.call(CallOptions::new(mode, Duration::from_secs(60)))
}

fn request(method: Method, path: &'static str, effect: Option<Effect>) -> HttpRequest {
    let mut request = HttpRequest::new("api", method, Path::new(path));
    request.effect = effect;
    request
}

#[tokio::test(start_paused = true)]
async fn effects() {
    use Effect::{Read, Write};
    // (method, path, claimed effect, sent in a call that only reads, sent in a live call)
    let table = [
        (Method::Get, "/things", None, true, true),
        (Method::Get, "/things", Some(Read), true, true),
        (Method::Get, "/things", Some(Write), false, true),
        (Method::Post, "/things", None, false, true),
        (Method::Post, "/things", Some(Write), false, true),
        (Method::Post, "/things", Some(Read), false, false),
        (Method::Post, "/lookup", Some(Read), true, true),
        (Method::Post, "/lookup", None, false, true),
        (Method::Put, "/lookup", Some(Read), false, false),
        (Method::Patch, "/things", None, false, true),
        (Method::Patch, "/things", Some(Read), false, false),
        (Method::Delete, "/things", Some(Read), false, false),
        (Method::Delete, "/things", None, false, true),
    ];
    for (method, path, effect, reading, living) in table {
        for (mode, sent) in [(Mode::Read, reading), (Mode::Live, living)] {
            let provider = Provider::new([]);
            let call = call(&open(&provider), mode);
            let result = plain(&call, request(method, path, effect)).await;
            let what = format!("{method:?} {path} {effect:?} {mode:?}: {result:?}");
            assert_eq!(provider.requests().len(), usize::from(sent), "{what}");
            assert_eq!(result.is_ok(), sent, "{what}");
            assert!(sent || matches!(result, Err(CallEnd::Denied(_))), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reading_post_must_be_what_its_template_says() {
    let read = |path: Path, body: Value| {
        let mut request = HttpRequest::new("api", Method::Post, path).json(body);
        request.effect = Some(Effect::Read);
        request
    };
    let batch = |requests: Value| {
        let path = Path::new("/v1/$batch");
        read(path, json!({ "requests": requests }))
    };
    let get = json!({"id": "1", "method": "GET", "url": "/groups"});
    let table = [
        (read(Path::new("/lookup"), json!({})), true),
        (read(Path::new("/lookup").query("a", "b"), json!({})), true),
        // The template is approved, the path is another.
        (read(Path::resumed("/users/1", "/lookup"), json!({})), false),
        (read(Path::resumed("/lookup/1", "/lookup"), json!({})), false),
        (batch(json!([get])), true),
        (batch(json!([get, {"id": "2", "method": "DELETE", "url": "/groups/1"}])), false),
        (batch(json!([get, {"id": "2", "method": "POST", "url": "/groups"}])), false),
        (batch(json!([{"id": "2", "url": "/groups"}])), false),
        (batch(json!(["GET"])), false),
        (batch(json!([{"method": "GET", "METHOD": "DELETE", "url": "/groups/1"}])), false),
        (
            batch(json!([{
                "method": "GET", "url": "/g", "headers": {"X-HTTP-Method-Override": "DELETE"},
            }])),
            false,
        ),
        (read(Path::new("/v1/$batch"), json!({"other": []})), false),
        (
            read(
                Path::new("/v1/$batch"),
                json!({"requests": [get], "Requests": [{"method": "DELETE", "url": "/g"}]}),
            ),
            false,
        ),
    ];
    for (request, sent) in table {
        let provider = Provider::new([]);
        let result = plain(&call(&open(&provider), Mode::Plan), request.clone()).await;
        assert_eq!(result.is_ok(), sent, "{request:?} {result:?}");
        assert_eq!(provider.requests().len(), usize::from(sent), "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_reads_and_sends_no_write() {
    let provider = Provider::new([]);
    let session = session(&provider);
    let plan = call(&session, Mode::Plan);
    let path = || Path::new("/groups").value("a/b").query("x", "y");
    let end = plan
        .run(|cx| async move {
            cx.http().send(get()).await?;
            let write = HttpRequest::new("api", Method::Put, path()).json(json!({"a": 1}));
            cx.http().send(write).await?;
            Ok(())
        })
        .await
        .unwrap_err();
    let CallEnd::Planned(planned) = end else { panic!("{end:?}") };
    assert_eq!(provider.requests().len(), 1);
    assert_eq!(planned.method, Method::Put);
    assert_eq!(planned.url, "https://api.example/groups/a%2Fb?x=y");
    assert_eq!(planned.template, "/groups/{}");
    assert_eq!(planned.body, Some(json!({"a": 1})));
    assert!(plan.writes().is_empty());

    // A plan that begins with its write needs no token; and the digest is that of the real write.
    let provider = Provider::new([]);
    let session = support::session(&provider);
    let Err(CallEnd::Planned(planned)) = plain(&call(&session, Mode::Plan), post()).await else {
        panic!("it was sent")
    };
    assert!(provider.all().is_empty());
    let live = live(&session);
    plain(&live, post()).await.unwrap();
    assert_eq!(live.writes()[0].digest, planned.digest);
}

#[tokio::test(start_paused = true)]
async fn after_the_end_nothing_is_sent_by_the_others() {
    let provider = Provider::new([]);
    let session = open(&provider);
    let end = call(&session, Mode::Plan)
        .run(|cx| async move {
            let other = async {
                tokio::task::yield_now().await;
                cx.http().send(get()).await
            };
            // Whichever comes first: the write must still be what the call reports.
            tokio::select! {
                biased;
                result = cx.http().send(post()) => result.map(|_| ()),
                result = other => result.map(|_| ()),
                () = std::future::ready(()) => Ok(()),
            }
        })
        .await
        .unwrap_err();
    assert!(matches!(end, CallEnd::Planned(_)), "{end:?}");
    assert!(provider.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_ending_stands() {
    let foreign = |host: &str| answer(302, &[("location", host)], "");
    // Both are on their way before the first one is denied.
    let provider =
        Provider::new([foreign("https://first.example/"), foreign("https://second.example/")]);
    let session = open(&provider.clone().latency(Duration::from_millis(5)));
    let end = call(&session, Mode::Read)
        .run(|cx| async move {
            let (first, second) =
                futures::future::join(cx.http().send(get()), cx.http().send(get())).await;
            first.and(second)
        })
        .await
        .unwrap_err();
    let CallEnd::Denied(error) = end else { panic!("{end:?}") };
    assert!(error.message.contains("first.example"), "{error:?}");
    assert_eq!(provider.requests().len(), 2);
}
