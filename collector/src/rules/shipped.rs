//! The rules that come along, as data: `dashboards/rules`.

use super::definition::Group;
use super::file::read;
use super::mistake::Mistakes;

/// Their files, by name.
const FILES: [(&str, &str); 6] = [
    ("shipped/bigbluebutton.yml", include_str!("../../../dashboards/rules/bigbluebutton.yml")),
    ("shipped/collector.yml", include_str!("../../../dashboards/rules/collector.yml")),
    ("shipped/hosts.yml", include_str!("../../../dashboards/rules/hosts.yml")),
    ("shipped/paths.yml", include_str!("../../../dashboards/rules/paths.yml")),
    ("shipped/planning.yml", include_str!("../../../dashboards/rules/planning.yml")),
    ("shipped/tenants.yml", include_str!("../../../dashboards/rules/tenants.yml")),
];

/// Their groups.
pub fn shipped(usual_interval_ms: i64) -> Result<Vec<Group>, Mistakes> {
    let mut groups = Vec::new();
    for (name, text) in FILES {
        groups.extend(read(name, text, usual_interval_ms)?);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Kind;

    #[test]
    fn what_comes_along_is_right_and_says_what_somebody_needs_at_night() {
        let groups = shipped(15_000).unwrap();
        let rules = groups.iter().flat_map(|group| &group.rules);
        let mut alerts = 0;
        for rule in rules {
            let Kind::Alerting(alerting) = &rule.kind else { continue };
            alerts += 1;
            let texts: Vec<&str> = alerting.annotations.iter().map(|(name, _)| &**name).collect();
            assert_eq!(texts, ["affected", "graph", "runbook", "summary"], "{}", rule.name);
            let severity = rule.labels.iter().find(|(name, _)| name == "severity");
            let severity = severity.map(|(_, text)| text.text());
            assert!(matches!(severity, Some("page" | "morning")), "{}", rule.name);
        }
        assert!(alerts >= 20, "{alerts}");
    }
}
