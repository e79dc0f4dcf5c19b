//! Thermal zones and what cools them.

use std::path::Path;

use headroom_proto::catalogue::{
    NODE_COOLING_DEVICE_CUR_STATE, NODE_COOLING_DEVICE_MAX_STATE, NODE_THERMAL_ZONE_TEMP,
};

use super::facts::{Facts, number, numbered, text};

const MILLI: f64 = 1000.0;

pub fn read(root: &Path, facts: &mut Facts) {
    let folder = root.join("sys/class/thermal");
    for (zone, path) in numbered(&folder, "thermal_zone") {
        let kind = text(&path.join("type")).unwrap_or_default();
        if let Some(degrees) = number(&path.join("temp")) {
            let labels = [("type", &*kind), ("zone", &zone)];
            facts.add(NODE_THERMAL_ZONE_TEMP, &labels, degrees / MILLI);
        }
    }
    for (name, path) in numbered(&folder, "cooling_device") {
        let kind = text(&path.join("type")).unwrap_or_default();
        for (file, metric) in [
            ("cur_state", NODE_COOLING_DEVICE_CUR_STATE),
            ("max_state", NODE_COOLING_DEVICE_MAX_STATE),
        ] {
            if let Some(state) = number(&path.join(file)) {
                facts.add(metric, &[("name", &*name), ("type", &kind)], state);
            }
        }
    }
}
