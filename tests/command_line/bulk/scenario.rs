//! 500 lines, some of them bad, at a provider that asks to slow down.

use entra_sim::{Answer, Fault, Matcher, Size, cast};
use std::fmt::Write;

use super::{ends, people, sent};
use crate::bench::{Bench, Output};

fn throttle(bench: &Bench, method: http::Method, skip: usize, times: usize) {
    // At once, so that nobody waits in real time.
    let what = Answer::Throttle { retry_after: Some("0".to_owned()) };
    let path_contains = Some("/v1.0/".to_owned());
    let when = Matcher { method: Some(method), path_contains, skip, times };
    bench.simulator.inject(Fault { when, what });
}

#[test]
fn five_hundred_lines_with_three_bad_ones_and_a_provider_that_asks_to_slow_down() {
    let bench = Bench::of(&Size { users: 600, groups: 20, seed: 5, ..Size::default() }, false);
    bench.add();
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    let groups = ["group:Finance", "group:Engineering", "group:Platform"];
    let mut text = "op,principal,resource,reason\n".to_owned();
    for (number, (login, _)) in people(&bench, 497).iter().enumerate() {
        if [100, 200, 300].contains(&number) {
            // Nobody of this name; a quote that stays open; access for a time in a wrong column.
            let bad = match number {
                100 => "grant,nobody@contoso.com,group:Finance,joins",
                200 => "grant,\"bob@contoso.com,group:Finance,joins",
                _ => "grant,bob@contoso.com,group:Finance,joins,8h",
            };
            writeln!(text, "{bad}").unwrap();
        }
        writeln!(text, "grant,{login},{},joins", groups[number % 3]).unwrap();
    }
    let file = bench.file("joiners.csv", &text);
    for (skip, times) in [(40, 4), (300, 3)] {
        throttle(&bench, http::Method::GET, skip, times);
    }
    for (skip, times) in [(2, 2), (9, 3)] {
        throttle(&bench, http::Method::PATCH, skip, times);
    }
    let command = ["grant", "--file", &file, "--max-changes", "500", "--yes"];
    let json = |output: Output| output.ends(12).document("ChangeList");
    let document = json(bench.run(&[&command[..], &["-o", "json"]].concat()));
    let all = ends(&document);
    assert_eq!(all.len(), 500);
    let lines: Vec<u64> = all.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, (2..=501).collect::<Vec<u64>>(), "one for each line, in their order");
    let bad: Vec<&(u64, String)> = all.iter().filter(|(_, end)| end != "granted").collect();
    let expected = [(102, "user-not-found"), (203, "open-quote"), (304, "cell-count")];
    let expected: Vec<(u64, String)> =
        expected.map(|(line, reason)| (line, reason.to_owned())).into();
    assert_eq!(bad, expected.iter().collect::<Vec<_>>());
    assert_eq!(document["summary"]["done"], 497);
    assert_eq!(document["summary"]["failed"], 3);
    // 166, 166 and 165 people, 20 at once, and five requests that were throttled.
    assert_eq!(bench.writes(), 27 + 5);
    assert_eq!(sent(&bench, "PATCH"), 27 + 5);
    let members = bench.simulator.tenant().members(cast::FINANCE).len();
    assert!(members >= 166, "{members}");
    let journal = bench.json(&["journal", "list", "--limit", "1000"], "JournalList");
    let entries = journal["items"].as_array().unwrap();
    assert_eq!(entries.len(), 497);
    assert!(entries.iter().all(|entry| entry["settlement"]["outcome"]["kind"] == "granted"));

    // Once more: nothing is left to do but what cannot be done.
    let writes = bench.writes();
    let again = bench.run(&command).ends(12);
    let again = again.says("497 of 500 lines: 497 already; 3 errors.").notes("line 203: ");
    again.notes("line 304: ").notes("line 102: There is no user:nobody@contoso.com");
    assert_eq!(bench.writes(), writes, "nothing was written");
}
