//! The clocks that the kernel has, and the one that it goes by.

use std::path::Path;

use headroom_proto::catalogue::{
    NODE_TIME_CLOCKSOURCE_AVAILABLE_INFO, NODE_TIME_CLOCKSOURCE_CURRENT_INFO,
};

use super::facts::{Facts, numbered};

pub fn read(root: &Path, facts: &mut Facts) {
    let clocks = root.join("sys/devices/system/clocksource");
    for (device, folder) in numbered(&clocks, "clocksource") {
        for (file, metric) in [
            ("available_clocksource", NODE_TIME_CLOCKSOURCE_AVAILABLE_INFO),
            ("current_clocksource", NODE_TIME_CLOCKSOURCE_CURRENT_INFO),
        ] {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            for clock in text.split_ascii_whitespace() {
                facts.add(metric, &[("clocksource", clock), ("device", &device)], 1.0);
            }
        }
    }
}
