//! What runs on a simulated host beside its streams, in the words of the agent's samplers: units of
//! systemd and containers.

use headroom_agent::series::Round;
use headroom_proto::catalogue::{
    CONTAINER_CPU_USAGE_SECONDS_TOTAL, CONTAINER_MEMORY_USAGE_BYTES,
    CONTAINER_MEMORY_WORKING_SET_BYTES, CONTAINER_NETWORK_RECEIVE_BYTES_TOTAL,
    CONTAINER_NETWORK_TRANSMIT_BYTES_TOTAL, CONTAINER_PROCESSES, CONTAINER_SPEC_MEMORY_LIMIT_BYTES,
    NODE_SYSTEMD_SERVICE_RESTART_TOTAL, NODE_SYSTEMD_UNIT_START_TIME_SECONDS,
    NODE_SYSTEMD_UNIT_STATE,
};
use headroom_proto::metric::{NODE_JOB, TENANT};
use headroom_simulation::{Container, Host, HostMoment, Unit, units};

const STATES: [&str; 5] = ["activating", "active", "deactivating", "failed", "inactive"];

/// Writes their series.
pub fn push(host: &Host, moment: &HostMoment, round: &mut Round<'_>) {
    round.set_job(NODE_JOB);
    units(host).for_each(|unit| push_unit(unit, moment, round));
    moment.containers.iter().for_each(|container| push_container(container, round));
}

fn push_unit(unit: Unit, moment: &HostMoment, round: &mut Round<'_>) {
    let active_ms = moment.boot_ms + unit.active_after_seconds * 1000;
    let state = if moment.at_ms < active_ms { "activating" } else { "active" };
    for known in STATES {
        let labels = [("name", unit.name), ("state", known), ("type", "simple")];
        let value = f64::from(u8::from(known == state));
        round.push(NODE_SYSTEMD_UNIT_STATE.name, &labels, value);
    }
    let name = [("name", unit.name)];
    let start_seconds = active_ms as f64 / 1000.0;
    round.push(NODE_SYSTEMD_UNIT_START_TIME_SECONDS.name, &name, start_seconds);
    round.push(NODE_SYSTEMD_SERVICE_RESTART_TOTAL.name, &name, 0.0);
}

fn push_container(container: &Container, round: &mut Round<'_>) {
    let Container { name, memory_bytes, .. } = *container;
    let id = format!("/system.slice/docker-{name}.scope");
    let labels = [("name", name), ("id", &*id), (TENANT, "")];
    for (metric, value) in [
        (CONTAINER_CPU_USAGE_SECONDS_TOTAL, container.cpu_seconds),
        // Files that are kept for it come on top.
        (CONTAINER_MEMORY_USAGE_BYTES, memory_bytes as f64 * 1.3),
        (CONTAINER_MEMORY_WORKING_SET_BYTES, memory_bytes as f64),
        (CONTAINER_SPEC_MEMORY_LIMIT_BYTES, container.memory_limit_bytes as f64),
        (CONTAINER_PROCESSES, container.processes as f64),
    ] {
        round.push(metric.name, &labels, value);
    }
    let labels = [labels[0], labels[1], labels[2], ("interface", "eth0")];
    for (metric, bytes) in [
        (CONTAINER_NETWORK_RECEIVE_BYTES_TOTAL, container.receive_bytes),
        (CONTAINER_NETWORK_TRANSMIT_BYTES_TOTAL, container.transmit_bytes),
    ] {
        round.push(metric.name, &labels, bytes as f64);
    }
}
