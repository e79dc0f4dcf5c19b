//! What the host is by its firmware. Serial numbers, tags and UUIDs are never read.

use std::path::Path;

use headroom_proto::catalogue::NODE_DMI_INFO;

use super::facts::{Facts, text};

/// Files, and with them labels: `sys_vendor` alone has another name.
const FILES: [&str; 14] = [
    "bios_date",
    "bios_release",
    "bios_vendor",
    "bios_version",
    "board_name",
    "board_vendor",
    "board_version",
    "chassis_vendor",
    "chassis_version",
    "product_family",
    "product_name",
    "product_sku",
    "product_version",
    "sys_vendor",
];

pub fn read(root: &Path, facts: &mut Facts) {
    let folder = root.join("sys/class/dmi/id");
    let texts: Vec<_> = FILES
        .iter()
        .filter_map(|file| {
            let label = if *file == "sys_vendor" { "system_vendor" } else { file };
            Some((label, text(&folder.join(file))?))
        })
        .collect();
    let labels: Vec<_> = texts.iter().map(|(label, text)| (*label, &**text)).collect();
    if !labels.is_empty() {
        facts.add(NODE_DMI_INFO, &labels, 1.0);
    }
}
