//! Retries: what is repeated, when, how often, and what never is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use doorward_core::{ErrorKind, Retry, Scheme};
use doorward_http::{CallEnd, CallOptions, Limits, Mode, Session, TransportErrorKind};
use std::time::Duration;
use support::*;
use tokio::time::Instant;

fn open(provider: &Provider) -> Session {
    with(provider, endpoint(Scheme::None))
}

#[tokio::test(start_paused = true)]
async fn retry_after_in_every_form() {
    // (header, least wait, most wait) in milliseconds; the clock stands at 08:49:37.
    let table = [
        ("7", 7_000, 7_700),
        ("0", 0, 100),
        ("2.128", 2_128, 2_350),
        (" 12 ", 12_000, 13_200),
        ("315", 315_000, 320_000),
        ("Sun, 06 Nov 1994 08:49:57 GMT", 20_000, 22_000),
        ("Sunday, 06-Nov-94 08:49:57 GMT", 20_000, 22_000),
        ("Sun Nov  6 08:49:57 1994", 20_000, 22_000),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0, 100),
        ("soon", 500, 1_000),
        ("-4", 500, 1_000),
        ("1e3", 500, 1_000),
        ("", 500, 1_000),
    ];
    for code in [429, 503] {
        for (text, least, most) in table {
            let provider = Provider::new([answer(code, &[("retry-after", text)], "")]);
            let response = plain(&live(&open(&provider)), get()).await.unwrap();
            assert_eq!(response.status, 200);
            let waited = provider.requests()[1].at.as_millis();
            assert!((least..=most + 1).contains(&waited), "{text}: {waited}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_within_one_budget() {
    for code in [429, 500, 502, 503, 504] {
        let provider = Provider::new((0..20).map(|_| status(code)));
        let call = live(&open(&provider));
        let response = plain(&call, get()).await.unwrap();
        assert_eq!(response.status, code, "the last answer is handed over");
        assert_eq!(provider.requests().len(), 6, "{code}");
        plain(&call, get()).await.unwrap();
        assert_eq!(provider.requests().len(), 7, "the budget is the call's");
    }
    for code in [400, 403, 404, 409, 410, 501] {
        let provider = Provider::new([status(code)]);
        assert_eq!(plain(&live(&open(&provider)), get()).await.unwrap().status, code);
        assert_eq!(provider.requests().len(), 1, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn delays_grow_and_differ() {
    let provider = Provider::new((0..5).map(|_| status(503)));
    plain(&live(&open(&provider)), get()).await.unwrap();
    let at: Vec<_> = provider.requests().iter().map(|seen| seen.at).collect();
    for (number, pair) in at.windows(2).enumerate() {
        let (wait, least) = (pair[1] - pair[0], Duration::from_millis(500 << number));
        assert!(wait >= least && wait <= least * 2 + Duration::from_millis(1), "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_connectors_repeats_draw_on_the_same_budget() {
    let provider = Provider::new((0..20).map(|_| status(503)));
    let end = strict(&live(&open(&provider)), get()).await.unwrap_err();
    assert_eq!(error(end).reason, "down");
    assert_eq!(provider.requests().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn lost_connections() {
    use TransportErrorKind::{
        Address, Body, Certificate, Connect, Lost, Name, Proxy, ProxyDenied, Refused, Tls,
    };
    // (kind, attempts of a read, attempts of a write, reason)
    let table = [
        (Lost, 6, 1, "connection-lost"),
        (Body, 6, 1, "connection-lost"),
        (Name, 3, 3, "name-not-resolved"),
        (Refused, 3, 3, "connection-refused"),
        (Connect, 3, 3, "connection-failed"),
        (Certificate, 1, 1, "tls-untrusted-certificate"),
        (Tls, 1, 1, "tls-failure"),
        (Proxy, 3, 3, "proxy-failed"),
        (ProxyDenied, 1, 1, "proxy-denied"),
        (Address, 1, 1, "address-not-allowed"),
    ];
    for (kind, reads, writes, reason) in table {
        let limits = |provider: &Provider| {
            let mut options = options(provider.transport(), endpoint(Scheme::None));
            // An even budget, so that the call itself is not repeated.
            options.limits.repeats = if reads == 3 { 4 } else { 5 };
            Session::new(options).unwrap()
        };
        let provider = Provider::new((0..20).map(|_| Reply::Fail(kind)));
        let read = error(plain(&live(&limits(&provider)), get()).await.unwrap_err());
        assert_eq!(read.reason, reason);
        assert!(read.remedy.is_some() && read.message.contains("api.example"), "{read:?}");
        assert_eq!(provider.requests().len(), reads, "{kind:?}");

        let provider = Provider::new((0..20).map(|_| Reply::Fail(kind)));
        let call = live(&limits(&provider));
        let write = error(plain(&call, post()).await.unwrap_err());
        assert_eq!(write.reason, reason);
        assert_eq!(provider.requests().len(), writes, "{kind:?}");
        let lost = matches!(kind, Lost | Body);
        assert_eq!(call.writes().len(), usize::from(lost), "{kind:?}");
        assert!(call.writes().iter().all(|write| write.lost && write.status.is_none()));
    }
}

#[tokio::test(start_paused = true)]
async fn silence_counts_as_a_lost_connection() {
    let provider = Provider::new([Reply::Never]);
    assert_eq!(plain(&live(&open(&provider)), get()).await.unwrap().status, 200);
    assert!(provider.requests()[1].at >= Limits::default().silence);

    let provider = Provider::new([Reply::Never]);
    let call = live(&open(&provider));
    let end = plain(&call, post()).await.unwrap_err();
    assert_eq!(error(end).retry, Retry::Never);
    assert!(call.writes()[0].lost);
}

#[tokio::test(start_paused = true)]
async fn answers_to_writes() {
    // (status, lost, refused as a whole)
    let table = [
        (204, false, false),
        (200, false, false),
        (302, false, false),
        (400, false, true),
        (404, false, true),
        (408, true, false),
        (409, false, true),
        (500, true, false),
        (501, false, false),
        (502, true, false),
        (503, true, false),
        (504, true, false),
    ];
    for (code, lost, refused) in table {
        let headers = [("request-id", "r1"), ("location", "/other")];
        let provider = Provider::new([answer(code, &headers, "")]);
        let call = live(&open(&provider));
        assert_eq!(plain(&call, post()).await.unwrap().status, code);
        assert_eq!(provider.requests().len(), 1, "{code}");
        let writes = call.writes();
        assert_eq!(writes.len(), 1);
        assert_eq!((writes[0].lost, writes[0].refused()), (lost, refused), "{code}");
        assert_eq!(writes[0].status, Some(code));
        assert_eq!(writes[0].request_id.as_deref(), Some("r1"));
        assert_eq!(
            provider.requests()[0].header("client-request-id").unwrap(),
            writes[0].client_request_id
        );
        assert_eq!(writes[0].url, "https://api.example/things");
        // printf 'POST https://api.example/things\n{"name":"x"}' | sha256sum
        assert_eq!(writes[0].digest, DIGEST);
    }
}

const DIGEST: &str = "55de7eabe1329577457e7d5426ad8dfcb09760ed16a93ddcb9a50b14973d8409";

#[tokio::test(start_paused = true)]
async fn a_success_whose_body_is_damaged_is_lost() {
    let provider = Provider::new([answer(200, &[("content-encoding", "gzip")], "no gzip")]);
    let call = live(&open(&provider));
    let end = plain(&call, post()).await.unwrap_err();
    assert_eq!(error(end).reason, "connection-lost");
    assert_eq!((call.writes()[0].status, call.writes()[0].lost), (Some(200), true));
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_is_repeated_by_the_call_only() {
    let slow = || answer(429, &[("retry-after", "3")], "");
    let provider = Provider::new([slow(), slow()]);
    let call = live(&open(&provider));
    assert_eq!(strict(&call, post()).await.unwrap(), 200);
    let requests = provider.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(3));
    assert_eq!(
        call.writes().iter().map(|write| write.status).collect::<Vec<_>>(),
        [Some(429), Some(429), Some(200)]
    );

    // Without a connector that asks for it, nothing is repeated.
    let provider = Provider::new([slow()]);
    assert_eq!(plain(&live(&open(&provider)), post()).await.unwrap().status, 429);
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_happened_is_never_repeated() {
    let replies = [status(500), status(503), Reply::Fail(TransportErrorKind::Lost)];
    for reply in replies {
        let provider = Provider::new([reply]);
        let call = live(&open(&provider));
        assert!(strict(&call, post()).await.is_err());
        assert_eq!(provider.requests().len(), 1);
        assert!(call.writes()[0].lost);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_fails_at_once() {
    for request in [get(), post()] {
        let provider = Provider::new([answer(429, &[("retry-after", "120")], "")]);
        let session = open(&provider);
        let began = Instant::now();
        let call = session.call(CallOptions::new(Mode::Live, Duration::from_secs(60)));
        let Err(CallEnd::Error(error)) = strict(&call, request).await else { panic!("it waited") };
        assert_eq!(error.kind, ErrorKind::RateLimited);
        assert_eq!(error.retry, Retry::after(Duration::from_secs(120)));
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_keeps_the_record_of_a_write_in_flight() {
    let provider = Provider::new([Reply::Never]);
    let session = open(&provider);
    let call = session.call(CallOptions::new(Mode::Live, Duration::from_secs(9)));
    let began = Instant::now();
    let end = plain(&call, post()).await.unwrap_err();
    let CallEnd::Deadline(error) = end else { panic!("{end:?}") };
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Timeout, "timeout"));
    assert_eq!(began.elapsed().as_secs(), 9);
    assert!(call.writes()[0].lost);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_says_what_kept_the_call() {
    let provider = Provider::new([status(503), Reply::Never]);
    let session = open(&provider);
    let call = session.call(CallOptions::new(Mode::Live, Duration::from_secs(9)));
    let error = error(plain(&call, get()).await.unwrap_err());
    assert_eq!(error.causes, ["api.example answered with HTTP 503."]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_keeps_its_writes() {
    let provider = Provider::new([Reply::Never]);
    let session = open(&provider);
    let call = live(&session);
    assert!(tokio::time::timeout(Duration::from_secs(2), plain(&call, post())).await.is_err());
    assert!(call.writes()[0].lost);
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_seed_are_alike() {
    let trace = || async {
        let provider = Provider::new((0..4).map(|_| status(503)));
        plain(&live(&session(&provider)), get()).await.unwrap();
        let all = provider.all();
        all.iter().map(|seen| (seen.at, seen.header("client-request-id"))).collect::<Vec<_>>()
    };
    assert_eq!(trace().await, trace().await);
}

#[test]
fn no_io_driver_is_needed() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let provider = Provider::new([status(503), answer(429, &[("retry-after", "9")], "")]);
        let response = plain(&live(&session(&provider)), get()).await.unwrap();
        assert_eq!(response.status, 200);
    });
}
