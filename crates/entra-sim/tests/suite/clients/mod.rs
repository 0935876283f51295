//! Microsoft's own clients, unmodified, against the simulator over HTTPS: scripts in `tests/clients`.

mod install;
mod proxy;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use entra_sim::{
    FederatedCredential, Kind, PublicKey, SelfSigned, Settings, Simulator, Size, Tenant, cast,
    serve,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::signer::Signer;

const ISSUER: &str = "https://token.actions.example";
const SUBJECT: &str = "repo:contoso/access:ref:refs/heads/main";

/// A simulator that answers at a port of this machine, and through a proxy as all of Microsoft's hosts.
struct Stage {
    simulator: Simulator,
    users: usize,
    port: u16,
    proxy: u16,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Real clients read the real clock.
    async fn set() -> Self {
        let mut tenant = Tenant::generate_at(
            &Size { users: 120, groups: 10, seed: 1, ..Size::default() },
            Timestamp::now(),
        );
        let signer = Signer::new();
        tenant.add_certificate(cast::CLIENT_ID, &signer.certificate).unwrap();
        let credential = FederatedCredential {
            issuer: ISSUER.into(),
            subject: SUBJECT.into(),
            audience: FederatedCredential::AUDIENCE.into(),
            key: PublicKey::from_pem(&signer.public_key_pem).unwrap(),
        };
        tenant.add_federated_credential(cast::CLIENT_ID, credential).unwrap();
        let users = tenant.ids(Kind::User).len();
        let simulator = Simulator::new(tenant, Settings::default(), Arc::new(Timestamp::now));
        let hosts = ["localhost", "login.microsoftonline.com", "graph.microsoft.com"];
        let tls = SelfSigned::generate(hosts).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &tls.certificate_pem).unwrap();
        let own = format!("{}{}", signer.private_key_pem, signer.certificate_pem);
        std::fs::write(folder.path().join("own.pem"), own).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(serve(listener, simulator.clone(), Some(tls.server_config)));
        Self { simulator, users, port, proxy: proxy::start(port).await, folder }
    }

    /// Runs a script and gives back what it reports and how many tokens it was given.
    async fn run(&self, program: &PathBuf, script: PathBuf, at: At) -> (Value, usize) {
        self.simulator.clear_trace();
        let authority = self.folder.path().join("ca.pem");
        let mut command = Command::new(program);
        command.arg(&script).stdin(Stdio::null()).kill_on_drop(true);
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"]
        {
            command.env_remove(name);
        }
        match at {
            At::Localhost => command.env("SIM_HOST", format!("https://localhost:{}", self.port)),
            At::Defaults => command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.proxy)),
        };
        let output = command
            .env("SIM_TENANT", cast::TENANT_ID)
            .env("SIM_CLIENT_ID", cast::CLIENT_ID)
            .env("SIM_SECRET", cast::SECRET)
            .env("SIM_CERTIFICATE", self.folder.path().join("own.pem"))
            .env("SIM_ISSUER", ISSUER)
            .env("SIM_SUBJECT", SUBJECT)
            .env("SIM_GROUP", cast::FINANCE)
            .env("SIM_MEMBER", cast::ALICE)
            .env("SSL_CERT_FILE", &authority)
            .env("REQUESTS_CA_BUNDLE", &authority)
            .env("NODE_EXTRA_CA_CERTS", &authority)
            .env("PYTHONPYCACHEPREFIX", install::folder().join("pycache"))
            .output()
            .await
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let trace = self.simulator.trace();
        assert!(
            output.status.success(),
            "{} {at:?}: {}\n{printed}\n{}\n{trace:#?}",
            script.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        let given =
            trace.iter().filter(|one| one.path.ends_with("/token") && one.status == 200).count();
        (serde_json::from_str(printed.lines().last().unwrap()).unwrap(), given)
    }

    /// What was carried out at the members of "Finance".
    fn writes(&self) -> Vec<(String, u16, bool)> {
        let trace = self.simulator.trace();
        let writes = trace.iter().filter(|one| one.path.contains("/members/"));
        writes.map(|one| (one.method.clone(), one.status, one.wrote)).collect()
    }
}

/// Where a client goes.
#[derive(Clone, Copy, Debug)]
enum At {
    /// To the simulator, by the option that the client has for it.
    Localhost,
    /// To Microsoft, with no option at all: a proxy leads all hosts to the simulator.
    Defaults,
}

fn already() -> Value {
    let text = "One or more added object references already exist for the following modified properties: 'members'.";
    json!([400, "Request_BadRequest", text])
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_for_python() {
    let Some(python) = install::or_skip(install::python()) else { return };
    let stage = Stage::set().await;
    let script = |name: &str| install::scripts("python").join(name);
    for at in [At::Localhost, At::Defaults] {
        let (got, given) = stage.run(&python, script("msal_client.py"), at).await;
        let good =
            |acr: &str| json!({ "acr": acr, "roles": 2, "expires_in": 3599, "cached": true });
        assert_eq!(
            got,
            json!({
                "secret": good("1"),
                "wrong_secret": { "error": "invalid_client", "codes": [7_000_215] },
                "certificate": good("2"),
                "capable": good("1"),
                "assertion": good("2"),
            }),
            "{at:?}"
        );
        assert_eq!(given, 4, "{at:?}: one for each that was let in, the second from the cache");

        let (got, given) = stage.run(&python, script("azure_identity_client.py"), at).await;
        let good = |acr: &str| json!({ "acr": acr, "roles": 2 });
        let wrong = got["wrong_secret"]["error"].as_str().unwrap_or_default();
        assert!(wrong.contains("AADSTS7000215"), "{at:?}: {got}");
        for (name, acr) in
            [("secret", "1"), ("certificate", "2"), ("capable", "1"), ("assertion", "2")]
        {
            assert_eq!(got[name], good(acr), "{at:?}: {name}");
        }
        assert_eq!(given, 4, "{at:?}");

        let (got, given) = stage.run(&python, script("msgraph_client.py"), at).await;
        let text = format!(
            "Resource '{}' does not exist or one of its queried reference-property objects are not present.",
            cast::ALICE
        );
        let first = stage.simulator.tenant().ids(Kind::User).len();
        assert_eq!(
            (got["users"].as_u64(), first),
            (Some(stage.users as u64), stage.users),
            "{at:?}"
        );
        for (name, expect) in [
            ("groups", json!([cast::FINANCE])),
            ("added", json!([cast::ALICE])),
            ("restored", json!(true)),
            ("twice", already()),
            ("gone", json!([404, "Request_ResourceNotFound", text])),
            ("keys", json!(["AsymmetricX509Cert"])),
        ] {
            assert_eq!(got[name], expect, "{at:?}: {name}");
        }
        assert_eq!(given, 1, "{at:?}: it keeps its token");
        let done = |method: &str, status, wrote| (method.to_owned(), status, wrote);
        assert_eq!(
            stage.writes(),
            [
                done("POST", 204, true),
                done("POST", 400, false),
                done("DELETE", 204, true),
                done("DELETE", 404, false),
            ],
            "{at:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_for_node() {
    let Some(folder) = install::or_skip(install::node()) else { return };
    let stage = Stage::set().await;
    let node = PathBuf::from("node");
    let (got, given) = stage.run(&node, folder.join("msal.mjs"), At::Localhost).await;
    let good = |acr: &str| json!({ "acr": acr, "roles": 2, "cached": true });
    assert_eq!((&got["secret"], &got["certificate"]), (&good("1"), &good("2")));
    assert_eq!(got["wrong_secret"]["error"], "invalid_client", "{got}");
    assert_eq!(given, 2);
    let (got, given) = stage.run(&node, folder.join("graph.mjs"), At::Localhost).await;
    assert_eq!(
        got,
        json!({
            "users": stage.users,
            "added": [cast::ALICE],
            "restored": true,
            "twice": already(),
            "statuses": [200, 200, 404],
            "group": "Finance",
        })
    );
    assert_eq!(given, 1);
}
