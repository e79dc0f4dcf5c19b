//! What 1,000 rules cost in Debian's Prometheus and in Headroom, which are fed the same.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::feed::Feed;
use super::{Both, files};
use crate::peer::Peer;
use crate::{option, process, table};

/// What both took of a core, in percent, and what of it was late or failed.
struct Taken {
    theirs: f64,
    ours: f64,
    /// Groups that Prometheus passed over.
    late_there: f64,
    /// Rules that Headroom passed over.
    late_here: f64,
    failed: f64,
}

/// `rule-cost`: a thousand rules at 15 s.
pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let minutes = option::number("HEADROOM_MINUTES", 3.0)?;
    let time = Duration::from_secs_f64(minutes * 60.0);
    println!("1,000 rules at 15 s for {minutes} minutes over 20 hosts with 50 series each at 10 s");
    let of = |name: &str, rules: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir_all(&place)?;
        run(&place, rules, time)
    };
    let idle = of("idle", "groups: []\n")?;
    let busy = of("busy", &files::thousand())?;
    let row = |name: &str, taken: &Taken| {
        let Taken { theirs, ours, late_there, late_here, failed } = taken;
        let shares = [theirs, ours].map(|share| format!("{share:.1}"));
        let counts = [late_there, late_here, failed].map(ToString::to_string);
        [name.to_owned()].into_iter().chain(shares).chain(counts).collect()
    };
    table::print(
        &[
            "",
            "Prometheus % of a core",
            "Headroom",
            "groups late there",
            "rules late here",
            "failed",
        ],
        &[row("no rules", &idle), row("1,000 rules", &busy)],
    );
    let (theirs, ours) = (busy.theirs - idle.theirs, busy.ours - idle.ours);
    println!("the rules alone: {theirs:.1} % and {ours:.1} %, {:.2} times theirs", ours / theirs);
    println!("{}", table::aim("at most 30 % of a core with all else", busy.ours <= 30.0));
    let is_half = busy.ours * 2.0 <= busy.theirs;
    println!("{}", table::aim("at most half of Prometheus's CPU, all in all", is_half));
    println!("{}", table::aim("none late", busy.late_here == 0.0));
    Ok(())
}

/// Both with these rules for so long, once rates have what they need.
fn run(place: &Path, rules: &str, time: Duration) -> anyhow::Result<Taken> {
    let runtime = Runtime::new()?;
    let file = place.join("rules.yml");
    std::fs::write(&file, rules)?;
    let both = Both::start(place, &file)?;
    let mut feed = Feed::of_hosts();
    runtime.block_on(feed.run(&both.theirs, &both.ours, Duration::from_secs(60)))?;
    let cpu = |peer: &Peer| process::cpu_seconds(peer.id());
    let before = [cpu(&both.theirs)?, cpu(&both.ours)?];
    runtime.block_on(feed.run(&both.theirs, &both.ours, time))?;
    let share = |after: f64, before: f64| 100.0 * (after - before) / time.as_secs_f64();
    let evaluated = |outcome: &str| {
        let name = format!("headroom_rules_evaluated_total{{outcome=\"{outcome}\"");
        runtime.block_on(both.ours.metric(&name))
    };
    let late = both.theirs.metric("prometheus_rule_group_iterations_missed_total");
    let taken = Taken {
        theirs: share(cpu(&both.theirs)?, before[0]),
        ours: share(cpu(&both.ours)?, before[1]),
        // Where none was late it has no series.
        late_there: runtime.block_on(late).unwrap_or(0.0),
        late_here: evaluated("missed")?,
        failed: evaluated("failed")?,
    };
    both.stop();
    Ok(taken)
}
