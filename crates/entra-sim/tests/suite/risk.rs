//! Facts §3.10, §6: users at risk.

use entra_sim::{RiskLevel, RiskState, Settings, Throttling, cast};
use http::Method;
use serde_json::json;

use crate::client::{Client, DENIED, not_found, read, sorted};

const RISKY: &str = "/identityProtection/riskyUsers";
const WRITE: &str = "IdentityRiskyUser.ReadWrite.All";

async fn signed_in(settings: Settings) -> Client {
    let client = Client::signed_in_with(settings, &[WRITE]).await;
    for (user, level, state) in [
        (cast::BOB, RiskLevel::High, RiskState::AtRisk),
        (cast::CAROL, RiskLevel::Low, RiskState::AtRisk),
        (cast::FRANK, RiskLevel::None, RiskState::Remediated),
        (cast::ZOE, RiskLevel::Medium, RiskState::AtRisk),
    ] {
        assert!(client.simulator.tenant().set_risk(user, level, state));
    }
    client
}

#[tokio::test]
async fn filtered_by_state_and_level() {
    let client = signed_in(Settings::default()).await;
    for (filter, expected) in [
        ("", vec![cast::BOB, cast::CAROL, cast::FRANK, cast::ZOE]),
        ("?$filter=riskState eq 'atRisk'", vec![cast::BOB, cast::CAROL, cast::ZOE]),
        ("?$filter=riskLevel eq 'high'", vec![cast::BOB]),
        ("?$filter=riskState eq 'atRisk' and riskLevel eq 'low'", vec![cast::CAROL]),
        ("?$filter=riskLevel eq 'high' or riskLevel eq 'low'", vec![cast::BOB, cast::CAROL]),
        ("?$filter=riskLevel eq 'hidden'", vec![]),
    ] {
        let got = client.get(&format!("{RISKY}{}", filter.replace(' ', "%20"))).await;
        assert_eq!(got.ids(), sorted(&expected), "{filter}");
    }
    let got = client.get(&format!("{RISKY}?$filter=userDisplayName%20eq%20'x'")).await;
    assert_eq!(got.status, 400);
    let zoe = client.get(&format!("{RISKY}/{}", cast::ZOE)).await;
    assert_eq!(
        (&zoe.json["isDeleted"], &zoe.json["userDisplayName"]),
        (&json!(true), &json!("Zoe Zimmer"))
    );
    let alice = client.get(&format!("{RISKY}/{}", cast::ALICE)).await;
    assert_eq!(alice.error(), (404, "Request_ResourceNotFound", not_found(cast::ALICE).as_str()));
    assert_eq!(client.get(&format!("{RISKY}/delta")).await.status, 400, "no delta");
}

#[tokio::test]
async fn at_most_five_hundred_on_a_page() {
    let client = signed_in(Settings::default()).await;
    let got = client.get(&format!("{RISKY}?$top=1000")).await;
    assert_eq!(got.status, 400);
    assert_eq!(
        got.error().2,
        "Invalid page size specified: '1000'. Must be between 1 and 500 inclusive."
    );
    assert_eq!(client.get(&format!("{RISKY}?$top=500")).await.status, 200);
    let (ids, pages) = client.all_ids(&format!("{RISKY}?$top=3")).await;
    assert_eq!((ids.len(), pages), (4, 2));
}

#[tokio::test]
async fn what_an_administrator_says() {
    for (name, level, state) in [
        ("dismiss", RiskLevel::None, RiskState::Dismissed),
        ("confirmCompromised", RiskLevel::High, RiskState::ConfirmedCompromised),
        ("confirmSafe", RiskLevel::None, RiskState::ConfirmedSafe),
    ] {
        let client = signed_in(Settings::default()).await;
        let ids = json!({ "userIds": [cast::CAROL, cast::ALICE] });
        let got = client.post(&format!("{RISKY}/{name}"), ids).await;
        assert_eq!((got.status, got.text.as_str()), (204, ""));
        let known = client.simulator.tenant().risky_users();
        for user in [cast::CAROL, cast::ALICE] {
            let one = known.iter().find(|one| one.id == user).unwrap();
            assert_eq!((one.level, one.state), (level, state), "{name}");
        }
        let before = client.simulator.tenant().risky_users();
        let nobody = "11111111-2222-4333-8444-555555555555";
        let ids = json!({ "userIds": [cast::BOB, nobody] });
        assert_eq!(client.post(&format!("{RISKY}/{name}"), ids).await.status, 404);
        assert_eq!(
            client.post(&format!("{RISKY}/{name}"), json!({ "userIds": [] })).await.status,
            400
        );
        assert_eq!(client.simulator.tenant().risky_users(), before);
    }
    let client = signed_in(Settings::default()).await;
    assert_eq!(client.post(&format!("{RISKY}/forget"), json!({})).await.status, 400);
}

#[tokio::test]
async fn who_may_and_where() {
    for (roles, reads, writes) in [
        (&cast::GUIDE_ROLES[..], 403, 403),
        (&["IdentityRiskyUser.Read.All"], 200, 403),
        (&[WRITE], 200, 204),
    ] {
        let mut client = signed_in(Settings::default()).await;
        client.become_holder_of(roles).await;
        let got = client.get(RISKY).await;
        assert_eq!(got.status, reads, "{roles:?}");
        if reads == 403 {
            assert_eq!(got.error(), DENIED);
        }
        let ids = json!({ "userIds": [cast::BOB] });
        assert_eq!(client.post(&format!("{RISKY}/dismiss"), ids).await.status, writes, "{roles:?}");
    }
    let client = signed_in(Settings { entra_id_p2: false, ..Settings::default() }).await;
    assert_eq!(client.get(RISKY).await.status, 403, "needs P2");
}

#[tokio::test]
async fn one_request_a_second_and_no_word_on_when_to_come_back() {
    let settings = Settings { throttling: Some(Throttling::default()), ..Settings::default() };
    let client = signed_in(settings).await;
    assert_eq!(client.get(RISKY).await.status, 200);
    let got = client.get(RISKY).await;
    assert_eq!((got.status, got.header("retry-after")), (429, ""));
    client.pass(1);
    assert_eq!(client.get(RISKY).await.status, 200);
    // The directory has buckets of its own; off, nothing is counted.
    assert_eq!(client.get(&format!("/groups/{}", cast::FINANCE)).await.status, 403);
    client.simulator.change_settings(|settings| settings.throttling = None);
    for _ in 0..3 {
        assert_eq!(client.get(RISKY).await.status, 200);
    }
}

/// Facts §7: what the enum did not have from the start.
#[tokio::test]
async fn a_detail_of_later_days_shows_to_those_who_know_it() {
    let client = signed_in(Settings::default()).await;
    for (name, user) in [("confirmSafe", cast::BOB), ("dismiss", cast::CAROL)] {
        let ids = json!({ "userIds": [user] });
        assert_eq!(client.post(&format!("{RISKY}/{name}"), ids).await.status, 204);
    }
    let know = "include-unknown-enum-members";
    for (user, prefer, detail) in [
        (cast::BOB, "", "unknownFutureValue"),
        (cast::BOB, "return=minimal", "unknownFutureValue"),
        (cast::BOB, know, "adminConfirmedAccountSafe"),
        (cast::CAROL, "", "adminDismissedAllRiskForUser"),
        (cast::CAROL, know, "adminDismissedAllRiskForUser"),
    ] {
        let path = format!("{RISKY}/{user}");
        let got = client.ask(Method::GET, &path, &[("Prefer", prefer)], None).await.unwrap();
        assert_eq!(read(got).json["riskDetail"], detail, "{user} {prefer}");
    }
}
