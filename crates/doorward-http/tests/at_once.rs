//! Many requests at once, and what a connector may log.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use doorward_core::{HttpRequest, Level, Method, Path, Result, Scheme};
use doorward_http::{CallEnd, CallOptions, Mode};
use std::time::Duration;
use support::*;

fn gets(count: usize) -> Vec<HttpRequest> {
    (0..count)
        .map(|number| HttpRequest::get("api", Path::new("/things").value(&number.to_string())))
        .collect()
}

async fn send_all(
    provider: &Provider,
    mode: Mode,
    requests: Vec<HttpRequest>,
) -> std::result::Result<Vec<Result<u16>>, CallEnd> {
    let session = with(provider, endpoint(Scheme::None));
    let call = session.call(CallOptions::new(mode, Duration::from_secs(60)));
    call.run(|cx| {
        let requests = requests.clone();
        async move {
            let answers = cx.http().send_all(requests).await;
            Ok(answers.into_iter().map(|answer| answer.map(|answer| answer.status)).collect())
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn they_are_in_flight_together_and_answered_in_order() {
    let provider =
        Provider::new([status(200), status(404), status(204)]).latency(Duration::from_secs(1));
    let statuses = send_all(&provider, Mode::Read, gets(3)).await.unwrap();
    assert_eq!(statuses, [Ok(200), Ok(404), Ok(204)]);
    let seen = provider.requests();
    assert!(seen.iter().all(|one| one.at < Duration::from_secs(1)), "{seen:?}");
    assert_eq!(send_all(&provider, Mode::Read, gets(64)).await.unwrap().len(), 64);
    assert_eq!(send_all(&provider, Mode::Read, Vec::new()).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn too_many_end_the_call_and_so_does_one_that_writes() {
    let mut writing = gets(2);
    writing.push(HttpRequest::new("api", Method::Delete, Path::new("/things")));
    for (requests, reason) in [
        (gets(65), "too-many-at-once"),
        (gets(10_000), "too-many-at-once"),
        (writing, "write-among-many"),
    ] {
        for mode in [Mode::Read, Mode::Plan, Mode::Live] {
            let provider = Provider::new([]);
            let end = send_all(&provider, mode, requests.clone()).await.unwrap_err();
            let CallEnd::Denied(error) = end else { panic!("{end:?}") };
            assert_eq!(error.reason, reason);
            assert_eq!(provider.requests().len(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_has_its_measure() {
    async fn log(lines: usize, length: usize) -> std::result::Result<(), CallEnd> {
        let session = session(&Provider::new([]));
        let call = session.call(CallOptions::new(Mode::Read, Duration::from_secs(60)));
        call.run(|cx| async move {
            for _ in 0..lines {
                cx.log(Level::Info, &"ü".repeat(length / 2));
            }
            Ok(())
        })
        .await
    }
    log(1, (1 << 20) - 64).await.unwrap();
    log(1024, 960).await.unwrap();
    for (lines, length) in [(1, 1 << 20), (1025, 960), (1_000_000, 1024), (1_000_000, 0)] {
        let end = log(lines, length).await.unwrap_err();
        let CallEnd::Denied(error) = end else { panic!("{end:?}") };
        assert_eq!(error.reason, "log-flood");
    }
}
