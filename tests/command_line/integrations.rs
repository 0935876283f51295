//! Help, the life of an integration, and secrets that are replaced or never stored.

use entra_sim::cast;
use serde_json::json;

use crate::bench::{Bench, add, commands, files, finish};

#[test]
fn every_command_explains_itself_with_an_example() {
    let bench = Bench::new();
    bench.run(&["--help"]).ends(0).says("doorward demo").says("Exit codes:");
    bench.run(&["--version"]).ends(0).says("doorward ");
    for help in [&["help"][..], &["help", "grant"], &["help", "integration", "add"]] {
        bench.run(help).ends(0);
    }
    let groups = ["connector", "integration", "integration policy", "access", "journal", "config"];
    let groups = groups.map(str::to_owned);
    for command in commands(&bench, &[]).into_iter().chain(groups) {
        let mut words: Vec<&str> = command.split(' ').collect();
        for long in ["--help", "-h"] {
            words.push(long);
            let help = bench.run(&words).ends(0).says("Example").says("Usage:");
            assert_eq!(help.stderr, "");
            words.pop();
        }
    }
    assert!(!bench.data().exists(), "help stores nothing");
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let bench = Bench::new();
    bench.run(&["chek"]).ends(2).notes("check");
    bench.run(&["grant", "--to", "alice"]).ends(2).notes("--on");
    bench.run(&[]).ends(2);
    assert_eq!(bench.fails(&["chek"], 2)["reason"], "usage");
    assert_eq!(bench.fails(&["connector", "show", "entra"], 6)["reason"], "connector-not-found");
}

#[test]
fn an_integration_from_its_first_day_to_its_last() {
    let bench = Bench::new();
    let file = bench.connection(json!({}));
    let unapproved = &add("contoso", &file)[..7];
    let add = |name| bench.run(&add(name, &file));
    bench.run(&["integration", "list"]).ends(0).says("There is no integration yet.");
    assert_eq!(bench.fails(&["check"], 6)["reason"], "no-integration");
    bench.run(unapproved).ends(9).notes("--yes").notes(&bench.base);
    bench.run(&["integration", "list"]).ends(0).says("There is no integration yet.");
    add("contoso").ends(0).says("Stored as `contoso`.");
    let again = add("contoso");
    assert!(again.code != 0 && again.stderr.contains("contoso"), "{again:?}");
    let again = bench.run(&[unapproved, &["--yes", "-o", "json"]].concat());
    assert!(again.error()["remedy"].is_string(), "{again:?}");
    add("second").ends(0);

    bench.run(&["integration", "list"]).ends(0).says("contoso").says("second").says("nothing");
    bench
        .run(&["integration", "show", "contoso"])
        .ends(0)
        .says("stored here, encrypted")
        .says("May change: nothing.")
        .says(&bench.base);
    let unclear = bench.run(&["check"]);
    assert!(unclear.code != 0 && unclear.stderr.contains("second"), "{unclear:?}");
    let mut by_variable = bench.command(&["check"]);
    by_variable.env("DOORWARD_INTEGRATION", "second");
    finish(by_variable.spawn().unwrap()).ends(0).says("Connected to Contoso");
    bench.run(&["integration", "use", "second"]).ends(0).says("second");
    let list = bench.json(&["integration", "list"], "IntegrationList");
    assert_eq!(list["current"], "second");
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(bench.json(&["check"], "Check")["integration"], "second");
    assert_eq!(bench.json(&["check", "-i", "contoso"], "Check")["integration"], "contoso");

    let allow = ["integration", "allow", "group:Finance", "-i", "contoso"];
    bench.run(&allow).ends(0).says("may now");
    bench.run(&allow).ends(0).says("was allowed before");
    bench.run(&["integration", "show", "contoso"]).ends(0).says(cast::FINANCE);
    bench.run(&[&allow[..], &["--remove"]].concat()).ends(0).says("may no longer");
    bench.run(&["integration", "show", "contoso"]).ends(0).says("May change: nothing.");

    let error = bench.fails(&["integration", "remove", "second"], 9);
    assert_eq!(error["reason"], "confirmation-needed");
    bench.run(&["integration", "remove", "second", "--yes"]).ends(0).says("Removed `second`");
    let error = bench.fails(&["integration", "show", "second"], 6);
    assert_eq!(error["reason"], "integration-not-found");
    assert_eq!(bench.json(&["integration", "list"], "IntegrationList")["current"], json!(null));
    bench.run(&["check"]).ends(0);
}

#[test]
fn a_name_that_cannot_be_used_is_refused_before_anything_is_read_or_shown() {
    let bench = Bench::new();
    for name in ["two words", "a/b", ".hidden", "", "Zürich"] {
        let add = ["integration", "add", name, "--connector", "entra-id", "--connection"];
        // A file that is not there would be the next thing to be wrong.
        let output = bench.run(&[&add[..], &["missing.json", "-o", "json"]].concat()).ends(2);
        assert_eq!(output.error()["reason"], "invalid-name", "{name}");
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
    assert!(!bench.data().exists(), "nothing is stored");
}

#[test]
fn the_journal_of_a_removed_integration_is_found_by_its_name() {
    let bench = Bench::ready();
    bench.run(&["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"]).ends(0);
    bench.run(&["revoke", "--from", "alice@contoso.com", "--on", "group:Finance", "--yes"]).ends(0);
    let list = ["journal", "list", "-i", "contoso"];
    let before = bench.json(&list, "JournalList");
    let kept = bench.run(&list).ends(0).says("Granted");
    assert!(!kept.stderr.contains("removed"), "{}", kept.stderr);
    bench.run(&["integration", "remove", "contoso", "--yes"]).ends(0);
    bench
        .run(&list)
        .ends(0)
        .says("Granted")
        .says("Revoked")
        .notes("The integration `contoso` was removed; its journal stays.");
    assert_eq!(bench.json(&list, "JournalList"), before);
    let newest = bench.json(&[&list[..], &["--limit", "1"]].concat(), "JournalList");
    assert_eq!(newest["items"], json!([before["items"][0]]));
    let error = bench.fails(&["journal", "list", "-i", "nobody"], 6);
    assert_eq!(error["reason"], "integration-not-found");
    // Its name is taken by another one: what was done under it is still found.
    bench.add();
    bench.run(&list).ends(0).notes("An earlier integration `contoso` was removed");
    assert_eq!(bench.json(&list, "JournalList"), before);
}

#[test]
fn the_guide_adds_the_integration_before_it_checks_it() {
    let bench = Bench::new();
    let guide = bench.run(&["setup", "entra-id"]).ends(0).stdout;
    let place = |text: &str| guide.find(text).unwrap_or_else(|| panic!("no `{text}`:\n{guide}"));
    assert!(place("doorward validate entra-id FILE") < place("doorward integration add"));
    assert!(place("doorward integration add") < place("doorward check"));
    let document = bench.json(&["setup", "entra-id"], "Setup");
    let last = document["setup"]["steps"].as_array().unwrap().last().unwrap().to_string();
    assert!(last.contains("doorward integration add"), "{last}");
    // The connector itself knows no commands.
    let connector = bench.json(&["connector", "show", "entra-id"], "Connector");
    assert!(!connector["item"]["setup"].to_string().contains("doorward "), "{connector}");
}

#[test]
fn a_new_secret_is_tried_before_it_replaces_the_old_one() {
    let bench = Bench::new();
    bench.add();
    let update = ["integration", "update", "contoso", "--secret", "-"];
    let refused =
        bench.run_with_input(&update, "Xyz8Q~this-is-not-the-secret.of_anyone~~\n").ends(4);
    refused.notes("Nothing was replaced.");
    bench.run(&["check"]).ends(0).says("Connected to Contoso");
    let new = "Nxt8Q~rotated-secret.value_forty-chars~~";
    bench.simulator.tenant().add_secret(new);
    bench.run_with_input(&update, &format!("{new}\n")).ends(0).says("Replaced");
    assert!(bench.simulator.tenant().remove_secret(cast::SECRET));
    bench.run(&["check"]).ends(0).says("Connected to Contoso");
    bench.run_with_input(&update, "").ends(3).notes("error: ");
    bench.run(&["check"]).ends(0).says("Connected to Contoso");
}

#[test]
fn a_secret_that_is_elsewhere_is_read_each_time_and_never_stored() {
    let bench = Bench::new();
    let kept = bench.file("the.secret", &format!("{}\n", cast::SECRET));
    for (name, source) in
        [("variable", json!({"env": "CONTOSO_SECRET"})), ("file", json!({"file": kept}))]
    {
        let file = bench.connection(json!({"secret": source}));
        let run = |arguments: &[&str]| {
            let mut command = bench.command(arguments);
            command.env("CONTOSO_SECRET", cast::SECRET);
            finish(command.spawn().unwrap())
        };
        run(&add(name, &file)).ends(0);
        run(&["check", "-i", name]).ends(0).says("Connected to Contoso");
        let shown = bench.json(&["integration", "show", name], "Integration");
        assert_eq!(shown["item"]["secrets"][0]["source"], source, "{shown}");
    }
    for file in files(&bench.data()) {
        let content = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!content.contains(cast::SECRET), "{}", file.display());
    }
    // Without the variable and without the file, there is no secret.
    bench.run(&["check", "-i", "variable"]).ends(3).notes("CONTOSO_SECRET");
    std::fs::remove_file(&kept).unwrap();
    bench.run(&["check", "-i", "file"]).ends(3).notes("the.secret");
}
