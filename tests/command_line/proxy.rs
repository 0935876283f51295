//! Behind a proxy: the simulated tenant's name means something only to the proxy.

use entra_sim::{SelfSigned, Settings, Simulator, Size, Tenant};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bench::{Bench, Output, add, finish, now};

const HOST: &str = "https://tenant.example";
pub(crate) const CANARY: &str = "kanarienvogel-4711";

/// A tenant that only a proxy reaches, and that proxy.
pub(crate) struct Behind {
    pub(crate) bench: Bench,
    pub(crate) simulator: Simulator,
    proxy: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<&'static str>>,
}

impl Behind {
    /// A proxy that answers CONNECT so, and connects when it says 200.
    pub(crate) fn new(answer: &'static str) -> Self {
        let bench = Bench::new();
        let certified = SelfSigned::generate(["tenant.example"]).unwrap();
        bench.file("tenant.pem", &certified.certificate_pem);
        let tenant =
            Tenant::generate_at(&Size { users: 5, groups: 5, seed: 1, ..Size::default() }, now());
        let mut settings = Settings::default();
        settings.login_hosts.push("tenant.example".to_owned());
        settings.graph_hosts.push("tenant.example".to_owned());
        let simulator = Simulator::new(tenant, settings, Arc::new(now));
        let listen =
            || bench.runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let (server, proxy) = (listen(), listen());
        let behind = server.local_addr().unwrap();
        let address = proxy.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new(answer));
        let serve_tls = entra_sim::serve(server, simulator.clone(), Some(certified.server_config));
        bench.runtime.spawn(serve_tls);
        bench.runtime.spawn(serve(proxy, behind, Arc::clone(&answer), Arc::clone(&asked)));
        Self { bench, simulator, proxy: address, asked, answer }
    }

    /// From now on the proxy answers CONNECT so.
    pub(crate) fn answer(&self, answer: &'static str) {
        *self.answer.lock().unwrap() = answer;
    }

    /// The connection to the tenant, by the name that only the proxy knows.
    pub(crate) fn connection(&self) -> String {
        self.bench.connection(json!({"endpoints": {"login": HOST, "graph": HOST}}))
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.bench.command(arguments);
        command.envs(variables.iter().copied()).args(["--ca-file", "tenant.pem"]);
        finish(command.spawn().unwrap())
    }

    fn check(&self, more: &[&str], variables: &[(&str, &str)]) -> Output {
        let file = self.connection();
        let check = ["check", "--connector", "entra-id", "--connection", &file];
        self.run(&[&check[..], more].concat(), variables)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://user:{CANARY}@{}", self.proxy)
    }
}

async fn serve(
    listener: TcpListener,
    behind: SocketAddr,
    answer: Arc<Mutex<&'static str>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let asked = Arc::clone(&asked);
        let answer = *answer.lock().unwrap();
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            asked.lock().unwrap().push(String::from_utf8(head).unwrap());
            client.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.unwrap();
            if answer.starts_with("200") {
                let mut server = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}

#[test]
fn every_command_works_through_a_proxy_that_resolves_the_name() {
    let behind = Behind::new("200 OK");
    let (file, url) = (behind.connection(), behind.url());
    let through = [("HTTPS_PROXY", url.as_str())];
    behind.run(&add("contoso", &file), &through).ends(0);
    let checked = behind.run(&["check", "-vvv"], &through).ends(0).says("Connected to Contoso");
    let shown = format!("through the proxy http://(credentials)@{}", behind.proxy);
    let checked = checked.says(&shown).says("is not checked");
    assert!(!format!("{checked:?}").contains(CANARY), "{checked:?}");
    let checked = behind.run(&["check", "-o", "json"], &through).ends(0).document("Check");
    let shown = format!("http://(credentials)@{}", behind.proxy);
    assert_eq!(checked["endpoints"][0]["proxy"], shown, "{checked}");
    behind.run(&["integration", "allow", "group:Finance"], &through).ends(0);
    behind.run(&["access", "list", "--on", "group:Finance"], &through).ends(0).says("Bob Berg");
    let grant = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"];
    behind.run(&grant, &through).ends(0).says("Granted");
    let asked = behind.asked.lock().unwrap();
    assert!(asked.iter().all(|head| head.starts_with("CONNECT tenant.example:443 ")), "{asked:?}");
}

#[test]
fn who_has_the_first_word() {
    let behind = Behind::new("200 OK");
    let url = behind.url();
    let closed = "http://127.0.0.1:1";
    behind.check(&["--proxy", &url], &[("HTTPS_PROXY", closed)]).ends(0);
    behind.check(&[], &[("all_proxy", &url)]).ends(0);
    behind.bench.file("proxy.toml", &format!("proxy = '{url}'\nca-file = 'tenant.pem'\n"));
    behind.check(&["--config", "proxy.toml"], &[]).ends(0);
    behind.check(&[], &[("DOORWARD_CONFIG", "proxy.toml")]).ends(0);
    // Without it nobody knows the name.
    let told = |output: Output| output.ends(11).notes("could not be resolved");
    let asked = behind.asked.lock().unwrap().len();
    told(behind.check(&["--proxy", "none"], &[("HTTPS_PROXY", &url)]));
    told(behind.check(&[], &[("HTTPS_PROXY", &url), ("NO_PROXY", "other.example, .example")]));
    assert_eq!(behind.asked.lock().unwrap().len(), asked);
}

#[test]
fn loopback_never_goes_through_a_proxy() {
    let behind = Behind::new("200 OK");
    behind.bench.add();
    let url = behind.url();
    let checked = behind.run(&["check"], &[("HTTP_PROXY", &url), ("HTTPS_PROXY", &url)]).ends(0);
    assert!(!checked.stdout.contains("through the proxy"), "{}", checked.stdout);
    assert!(behind.asked.lock().unwrap().is_empty());
}

#[test]
fn a_proxy_that_does_not_help_is_one_clear_error() {
    for (answer, reason, remedy) in [
        ("407 Proxy Authentication Required", "proxy-denied", "http://USER:PASSWORD@HOST:PORT"),
        ("502 Bad Gateway", "proxy-failed", "config show --origin"),
    ] {
        let behind = Behind::new(answer);
        let output = behind.check(&["-o", "json"], &[("HTTPS_PROXY", &behind.url())]).ends(11);
        let error = output.error();
        assert_eq!(error["reason"], reason, "{error}");
        assert!(error["remedy"].as_str().unwrap().contains(remedy), "{error}");
        assert!(!error.to_string().contains(CANARY), "{error}");
        assert!(error["message"].as_str().unwrap().contains(&behind.proxy.to_string()), "{error}");
    }
    let bench = Bench::new();
    let file = bench.connection(json!({"endpoints": {"login": HOST, "graph": HOST}}));
    let check = ["check", "--connector", "entra-id", "--connection", &file];
    let proxied = |proxy: &str| bench.run(&[&check[..], &["--proxy", proxy]].concat());
    proxied("http://127.0.0.1:1").ends(11).notes("cannot be reached").notes("do: ");
    let refused = proxied(&format!("socks5://user:{CANARY}@host")).ends(2);
    assert!(!refused.stderr.contains(CANARY), "{}", refused.stderr);
    refused.notes("no SOCKS").notes("--proxy none");
}

#[test]
fn settings_say_where_they_come_from_and_show_no_secret() {
    let bench = Bench::ready();
    bench.file("set.toml", "output = 'tsv'\nverbose = 1\nca-file = 'x.pem'\n");
    let show = |more: &[&str]| {
        let mut command = bench.command(&[&["config", "show"][..], more].concat());
        command
            .env("DOORWARD_CONFIG", "set.toml")
            .env("HTTPS_PROXY", format!("http://user:{CANARY}@proxy.example:3128"))
            .env("DOORWARD_KEY", CANARY)
            .env("DOORWARD_INTEGRATION", "contoso");
        finish(command.spawn().unwrap()).ends(0)
    };
    let text = show(&["--origin"]).stdout;
    assert!(text.starts_with("setting\tvalue\torigin\tnote\n"), "{text}");
    for (setting, value, origin) in [
        ("output", "tsv", "set.toml"),
        ("log", "info", "set.toml"),
        ("ca-file", "x.pem", "set.toml"),
        ("data-dir", "data", "\t'--data-dir"),
        ("integration", "contoso", "DOORWARD_INTEGRATION"),
        ("key", "(set)", "DOORWARD_KEY"),
        ("proxy", "http://(credentials)@proxy.example:3128", "HTTPS_PROXY"),
        ("no-input", "false", "default"),
    ] {
        let start = format!("{setting}\t");
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
        assert!(line.contains(value) && line.contains(origin), "{line}");
    }
    let items = show(&["-o", "json"]).document("Configuration")["items"].clone();
    let output = items.as_array().unwrap().iter().find(|one| one["name"] == "output").unwrap();
    assert_eq!((&output["value"], &output["origin"]), (&json!("json"), &json!("flag")));
    for output in [show(&["-vvv"]), show(&["-o", "json"]), show(&["-o", "wide"])] {
        assert!(!format!("{output:?}").contains(CANARY), "{output:?}");
    }
    let wide = show(&["-o", "wide"]).stdout;
    assert!(wide.contains("it resolves names itself"), "{wide}");
}

#[test]
fn a_configuration_that_cannot_be_used_stops_every_command() {
    let bench = Bench::new();
    bench.file("wrong.toml", "data_directory = 'x'\n");
    let config = ["--config", "wrong.toml"];
    let error = bench.fails(&[&["integration", "list"][..], &config].concat(), 2);
    assert_eq!(error["reason"], "unknown-setting");
    assert!(error["remedy"].as_str().unwrap().contains("`data-dir`"), "{error}");
    bench.run(&["integration", "list", "--config", "missing.toml"]).ends(2).notes("do: ");
    // The user's own file counts without being named; one that is not there is none.
    let own = bench.data().parent().unwrap().join(".config/doorward");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), "output = 'json'\n").unwrap();
    bench.run(&["connector", "list"]).ends(0).document("ConnectorList");
}
