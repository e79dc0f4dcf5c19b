//! States of units, as a made-up systemd tells them.

use std::time::Duration;

use super::fake_host::{FakeHost, lines_of, now, sample, sample_with};
use crate::samplers::{SamplerOptions, Samplers};

/// Prints the file `answer` beside it; without one it fails.
const SYSTEMCTL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samplers/fixtures/systemctl");

/// A host whose systemd answers with `answer`.
fn host(answer: &str) -> FakeHost {
    let host = FakeHost::without_files();
    host.write("run/systemd/system/here", "");
    host.write("proc/stat", "btime 1767225600\n");
    host.symlink("usr/bin/systemctl", SYSTEMCTL);
    host.write("usr/bin/answer", answer);
    host
}

#[test]
fn units_in_node_exporters_words() {
    let text = host(include_str!("../fixtures/systemctl-bbb.txt")).sample();
    insta::assert_snapshot!(lines_of(&text, "node_systemd_").join("\n"));
}

#[test]
fn systemd_is_asked_for_the_units_of_the_configuration_and_for_nothing_else() {
    let host = host("");
    let units = ["bbb-web", "bbb-html5-*@*", "bigbluebutton.target"];
    let units = units.map(|unit| unit.parse().unwrap()).to_vec();
    let text = sample_with(&SamplerOptions { units, ..host.options() });
    assert_eq!(lines_of(&text, "node_systemd_"), [""; 0]);
    let asked = std::fs::read_to_string(host.path("usr/bin/asked")).unwrap();
    let expected = "show --no-pager \
        --property=Id,LoadState,ActiveState,Type,NRestarts,ActiveEnterTimestampMonotonic \
        -- bbb-web.service bbb-html5-*@*.service bigbluebutton.target\n";
    assert_eq!(asked, expected);
}

#[test]
fn a_host_without_systemd_has_no_such_sampler() {
    let success = "headroom_agent_sampler_success{sampler=\"units\"}";
    let host = host("");
    assert_eq!(lines_of(&host.sample(), success).len(), 1);
    let nothing = SamplerOptions { units: Vec::new(), ..host.options() };
    assert_eq!(lines_of(&sample_with(&nothing), success), [""; 0]);
    host.remove("run/systemd/system");
    assert_eq!(lines_of(&host.sample(), success), [""; 0]);
}

#[test]
fn an_answer_that_is_none_fails_the_sampler() {
    let whole = "Id=a.service\nLoadState=loaded\nActiveState=active\n";
    let failed = ["headroom_agent_sampler_success{sampler=\"units\"} 0"];
    for answer in [
        "Failed to connect to bus\n",
        "Id=a.service\nLoadState=loaded\n",
        "LoadState=loaded\nActiveState=active\n",
        "Id=a.service\nLoadState=loaded\nActiveState=\n",
        &format!("{whole}\n").repeat(1400),
    ] {
        let text = host(answer).sample();
        assert_eq!(lines_of(&text, failed[0]), failed, "{answer:.80}");
        assert_eq!(lines_of(&text, "node_systemd_"), [""; 0], "{answer:.80}");
    }
    let host = host("");
    host.remove("usr/bin/answer");
    assert_eq!(lines_of(&host.sample(), failed[0]), failed);
    host.remove("usr/bin/systemctl");
    assert_eq!(lines_of(&host.sample(), failed[0]), failed);
}

#[test]
fn a_unit_that_is_not_understood_takes_no_other_along() {
    let whole = |name: &str| format!("Id={name}\nLoadState=loaded\nActiveState=active\n");
    for odd in ["what\n", "Id=b.service\nLoadState=loaded\n", "\u{fffd}\n"] {
        let text =
            host(&[whole("a.service"), odd.to_owned(), whole("c.service")].join("\n")).sample();
        for name in ["a", "c"] {
            let start = format!("node_systemd_unit_state{{name=\"{name}.service\"");
            assert_eq!(lines_of(&text, &start).len(), 5, "{odd}");
        }
        let skipped = "headroom_agent_items_skipped_total{sampler=\"units\"}";
        assert_eq!(lines_of(&text, skipped), [format!("{skipped} 1")], "{odd}");
    }
}

#[test]
fn a_unit_that_reads_its_configuration_anew_goes_on_working() {
    for (state, told) in [
        ("active", "active"),
        ("reloading", "active"),
        ("refreshing", "active"),
        ("maintenance", "inactive"),
        ("deactivating", "deactivating"),
    ] {
        let answer = format!(
            "Id=a.service\nLoadState=loaded\nActiveState={state}\n\
             ActiveEnterTimestampMonotonic=1000000\n"
        );
        let text = host(&answer).sample();
        let set: Vec<_> = lines_of(&text, "node_systemd_unit_state{")
            .into_iter()
            .filter(|line| line.ends_with(" 1"))
            .collect();
        let expected = format!("node_systemd_unit_state{{name=\"a.service\",state=\"{told}\"}} 1");
        assert_eq!(set, [expected], "{state}");
        let since = lines_of(&text, "node_systemd_unit_start_time_seconds");
        assert_eq!(since.len(), usize::from(told == "active"), "{state}");
    }
}

#[test]
fn systemd_may_come_after_the_agent_and_go_before_it() {
    let host = host("Id=a.service\nLoadState=loaded\nActiveState=active\n");
    host.remove("run/systemd/system");
    let mut samplers = Samplers::new(&host.options());
    for there in [false, true, false, true] {
        if there {
            host.write("run/systemd/system/here", "");
        } else {
            let _ = std::fs::remove_dir_all(host.path("run/systemd/system"));
        }
        samplers.settle(Duration::from_mins(1));
        let text = sample(&mut samplers, now());
        assert_eq!(lines_of(&text, "node_systemd_unit_state").len(), if there { 5 } else { 0 });
        let success = lines_of(&text, "headroom_agent_sampler_success{sampler=\"units\"}");
        assert_eq!(success.len(), usize::from(there));
    }
}
