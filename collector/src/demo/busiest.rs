//! The busiest process and the busiest thread of each group of a simulated host since the round
//! before, as an agent would have seen them.

use headroom_agent::series::Round;
use headroom_proto::catalogue::{
    HEADROOM_PROCESS_BUSIEST_CPU_RATIO, HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO,
};
use headroom_proto::metric::NODE_JOB;
use headroom_simulation::{HostMoment, ProcessGroup};

/// What groups had used at the last round.
#[derive(Debug, Default)]
pub struct Busiest {
    last: Option<(i64, Vec<ProcessGroup>)>,
}

impl Busiest {
    /// Writes what each group's busiest used since the last round.
    pub fn push(&mut self, moment: &HostMoment, round: &mut Round<'_>) {
        let now = (moment.at_ms, moment.processes.to_vec());
        let Some((last_ms, groups)) = self.last.replace(now) else { return };
        let seconds = (moment.at_ms - last_ms) as f64 / 1e3;
        round.set_job(NODE_JOB);
        for (group, before) in moment.processes.iter().zip(&groups) {
            let cores = (used(group) - used(before)) / seconds;
            // After a boot counters begin anew.
            if seconds <= 0.0 || cores < 0.0 {
                continue;
            }
            let [process, thread] = shares(group);
            let labels = [("groupname", group.name)];
            round.push(HEADROOM_PROCESS_BUSIEST_CPU_RATIO.name, &labels, cores * process);
            let thread = (cores * thread).min(1.0);
            round.push(HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO.name, &labels, thread);
        }
    }
}

fn used(group: &ProcessGroup) -> f64 {
    group.user_seconds + group.system_seconds
}

/// What of a group's time its busiest process takes, and its busiest thread.
fn shares(group: &ProcessGroup) -> [f64; 2] {
    // Streams are spread unevenly over workers, each of which has one thread that matters.
    let of_workers = (1.3 / group.processes.max(1) as f64).min(1.0);
    match group.name {
        "freeswitch" => [1.0, 0.15],
        "mediasoup-worker" | "nginx" => [of_workers; 2],
        "recordings" => [0.8, 0.4],
        _ => [0.6, 0.33],
    }
}
