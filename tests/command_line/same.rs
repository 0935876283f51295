//! Every command gives the same with the built-in connector for Entra ID and with its component:
//! results, errors, exit codes, to the letter.

use entra_sim::Size;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::bench::Bench;
use crate::plugins;

/// The two worlds: the same tenant, once for each connector.
struct Worlds {
    native: Bench,
    component: Bench,
    /// The exit codes so far.
    codes: RefCell<BTreeSet<i32>>,
}

impl Worlds {
    fn new() -> Option<Self> {
        let component = plugins::component()?;
        let size = Size { users: 20, groups: 8, seed: 1, ..Size::default() };
        let worlds = Self {
            native: Bench::of(&size, false),
            component: Bench::of(&size, false),
            codes: RefCell::default(),
        };
        let bench = &worlds.component;
        plugins::install(bench, &plugins::file(bench, "entra.wasm", &component));
        Some(worlds)
    }

    /// Runs the command in both; `ID` stands for the connector, `CONNECTION` for a connection with
    /// these fields.
    fn check(&self, line: &str) {
        self.check_with(line, json!({}));
    }

    fn check_with(&self, line: &str, fields: Value) {
        let run = |bench: &Bench, id: &str| {
            let connection = bench.connection(fields.clone());
            let words: Vec<String> = words(line)
                .into_iter()
                .map(|word| word.replace("ID", id).replace("CONNECTION", &connection))
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = bench.run(&words);
            self.codes.borrow_mut().insert(output.code);
            let code = output.code.to_string();
            let place = connection.trim_end_matches("connection.json").to_owned();
            [code, output.stdout, output.stderr].map(|text| {
                let text = text.replace(&bench.base, "BASE").replace(&place, "PLACE/");
                plain(&text.replace(bench.base.trim_start_matches("http://"), "HOST"))
            })
        };
        let native = run(&self.native, "entra-id");
        let component = run(&self.component, "entra-component");
        let component = component.map(|text| text.replace("entra-component", "entra-id"));
        assert_eq!(aligned(&native), aligned(&component), "{line}");
    }

    fn each(&self, change: impl Fn(&Bench)) {
        change(&self.native);
        change(&self.component);
    }
}

/// The words of a line; quotes keep some together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The text without what is different each time: moments, and the ids that the host mints.
fn plain(text: &str) -> String {
    let moment = regex::Regex::new(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC))?|\d+(\.\d+)? (ms|s|seconds?)\b",
    );
    let minted = regex::Regex::new(r"\b[0-9a-f]{27}\b");
    let text = moment.unwrap().replace_all(text, "MOMENT").into_owned();
    let text = minted.unwrap().replace_all(&text, "MINTED").into_owned();
    // Random ones are of version 4 (RFC 9562); those of the simulator's objects are the same twice.
    let random = regex::Regex::new(
        "\"(clientRequestId|digest|changed|updated|duration[A-Za-z]*|tookMilliseconds)\": ?[^,}\n]+",
    );
    random.unwrap().replace_all(&text, "\"$1\": RANDOM").into_owned()
}

/// The words alone: a longer id makes a table wider.
fn aligned(texts: &[String; 3]) -> [String; 3] {
    let words = |text: &String| {
        let lines = text.lines().map(|line| {
            let rule = |word: &&str| !word.chars().all(|one| "─━═-╌┄".contains(one));
            line.split_whitespace().filter(rule).collect::<Vec<_>>().join(" ")
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    [words(&texts[0]), words(&texts[1]), words(&texts[2])]
}

#[test]
fn every_command_says_the_same() {
    let Some(worlds) = Worlds::new() else { return };
    let check = |line: &str| worlds.check(line);
    // What asks nobody.
    check("connector show ID");
    check("connector show ID -o json");
    check("schema ID");
    check("setup ID");
    check("setup ID --use groups --script az");
    check("setup ID -o json");
    check("validate ID CONNECTION");
    worlds.check_with("validate ID CONNECTION", json!({"tenant": 7, "secert": "x"}));
    worlds.check_with("validate ID CONNECTION -o json", json!({"tenant": "not a tenant!"}));
    // What cannot be opened, or is not let in.
    check("check --connector ID --connection CONNECTION");
    worlds.check_with(
        "check --connector ID --connection CONNECTION",
        json!({"secret": "wrong-secret-of-length~0"}),
    );
    worlds.check_with(
        "check --connector ID --connection CONNECTION -o json",
        json!({"client_id": "00000000-0000-4000-8000-000000000000"}),
    );
    worlds.check_with(
        "access list --on group:Finance --connector ID --connection CONNECTION",
        json!({"endpoints": {"login": "http://127.0.0.1:1", "graph": "http://127.0.0.1:1"}}),
    );
    check("integration add contoso --connector ID --connection CONNECTION --yes");
    check("integration show contoso");
    check("integration show contoso -o json");
    check("integration list -o json");
    check("integration allow --all-groups");
    // What looks.
    check("check");
    check("check -o json");
    check("check --use groups");
    check("check --use directory-roles -o json");
    check("access list --on group:Finance");
    check("access list --on group:Finance -o json");
    check("access list --for alice@contoso.com");
    check("access list --for alice@contoso.com -o csv");
    check("access list --on group:Nobody");
    check("access list --for nobody@contoso.com -o json");
    check("access explain --for alice@contoso.com --on group:Engineering");
    // What changes.
    for _ in 0..2 {
        check("grant --to alice@contoso.com --on group:Finance --yes");
        check("grant --to alice@contoso.com --on 'group:Field Sales' --yes --dry-run");
        check("grant --to bob@contoso.com --on group:Platform --yes --dry-run -o json");
        check("grant --to bob@contoso.com --on group:Platform --yes --reason Test");
    }
    check("access list --on group:Platform -o json");
    for _ in 0..2 {
        check("revoke --from bob@contoso.com --on group:Platform --yes -o json");
    }
    for group in ["Warehouse", "'All Staff'", "Press", "'Building Security'", "'Payroll Vault'"] {
        let group = format!("'group:{}'", group.trim_matches('\''));
        check(&format!("grant --to bob@contoso.com --on {group} --yes"));
        check(&format!("revoke --from bob@contoso.com --on {group} --yes -o json"));
    }
    check("grant --to bob@contoso.com --on 'role:Global Administrator' --yes");
    check("journal list -o json");
    // A whole sync, and what is told of it.
    check("sync");
    check("sync -o json");
    check("list accounts -o jsonl");
    check("list resources -o jsonl");
    check("list grants -o jsonl");
    check("access list --for alice@contoso.com --last-sync -o json");
    // What the service refuses.
    worlds.each(|bench| {
        bench.simulator.tenant().set_app_roles(["GroupMember.Read.All"]);
    });
    check("grant --to bob@contoso.com --on group:Platform --yes");
    check("access list --on group:Platform");
    check("check");
    worlds.each(|bench| {
        bench.simulator.tenant().set_app_roles(Vec::<&str>::new());
    });
    check("check");
    check("access list --on group:Platform -o json");
    check("sync");
    let codes = worlds.codes.into_inner();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [0, 3, 4, 5, 6, 8, 9, 11, 14]);
}
