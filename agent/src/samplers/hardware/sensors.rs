//! Sensors for temperature, voltage, fans, power and more, as drivers show them (kernel:
//! Documentation/hwmon/sysfs-interface.rst), under node_exporter's names.

use std::path::Path;

use headroom_proto::catalogue::{NODE_HWMON, NODE_HWMON_ENERGY_JOULE_TOTAL};

use super::facts::{Facts, entries, number, text};

/// Kind of a sensor, what its name gets for its unit, and how many of the driver's units make one.
const KINDS: [(&str, &str, f64); 11] = [
    ("cpu", "_volts", 1e3),
    ("curr", "_amps", 1e3),
    ("energy", "_joule_total", 1e6),
    ("fan", "_rpm", 1.0),
    ("freq", "_freq_mhz", 1e6),
    ("humidity", "", 1e6),
    ("in", "_volts", 1e3),
    ("intrusion", "", 1.0),
    ("power", "_watt", 1e6),
    ("pwm", "", 1.0),
    ("temp", "_celsius", 1e3),
];

/// What a chip has once: its file, what the name becomes, and how many of the driver's units make one.
const OF_CHIP: [(&str, &str, f64); 3] = [
    ("beep_enable", "beep_enabled", 1.0),
    ("update_interval", "update_interval_seconds", MILLISECONDS),
    ("vrm", "voltage_regulator_version", 1.0),
];

/// Settings of a fan that are no speed.
const FAN_SPEEDS: [&str; 4] = ["input", "max", "min", "target"];

/// Over how long power is averaged.
const MILLISECONDS: f64 = 1e3;

/// The most files that one chip is read from.
const MOST_FILES: usize = 500;

pub fn read(root: &Path, facts: &mut Facts) {
    for (name, folder) in entries(&root.join("sys/class/hwmon")) {
        let chip_name = text(&folder.join("name"));
        let device = device(&folder);
        let chip =
            device.or_else(|| chip_name.as_deref().map(clean)).unwrap_or_else(|| clean(&name));
        if let Some(chip_name) = chip_name {
            let labels = [("chip", &*chip), ("chip_name", &chip_name)];
            facts.add_named(named("chip_names"), &labels, 1.0);
        }
        // Older drivers have their files beside the device.
        let files = entries(&folder).into_iter().chain(entries(&folder.join("device")));
        for (file, path) in files.take(MOST_FILES) {
            sensor(&chip, &file, &path, facts);
        }
    }
}

/// What a chip is called: the bus and the name of its device.
fn device(folder: &Path) -> Option<String> {
    let device = std::fs::canonicalize(folder.join("device")).ok()?;
    let part = |path: Option<&std::ffi::OsStr>| path.map(|name| clean(&name.to_string_lossy()));
    let name = part(device.file_name()).filter(|name| !name.is_empty())?;
    let bus = part(device.parent().and_then(Path::file_name)).filter(|bus| !bus.is_empty());
    Some(bus.map_or_else(|| name.clone(), |bus| format!("{bus}_{name}")))
}

/// One file, such as `temp1_crit` or `fan2_input`.
fn sensor(chip: &str, file: &str, path: &Path, facts: &mut Facts) {
    if let Some((_, name, units)) = OF_CHIP.iter().find(|(known, ..)| *known == file) {
        let Some(value) = number(path) else { return };
        // Nothing tells which of several it is, so it is the first.
        let labels = [("chip", chip), ("sensor", &*format!("{file}0"))];
        return facts.add_named(named(name), &labels, value / units);
    }
    let Some((kind, sensor, property)) = parts(file) else { return };
    let Some((_, unit, units)) = KINDS.iter().find(|(known, ..)| *known == kind) else { return };
    if property == "label" {
        let label = text(path).unwrap_or_default();
        let labels = [("chip", chip), ("label", &*label), ("sensor", sensor)];
        return facts.add_named(named("sensor_label"), &labels, 1.0);
    }
    let Some(value) = number(path) else { return };
    let of = match property {
        "" | "input" => kind.to_owned(),
        other => format!("{kind}_{}", clean(other)),
    };
    let labels = [("chip", chip), ("sensor", sensor)];
    match (kind, property) {
        (_, "alarm" | "fault") | ("temp", "type") | ("pwm" | "intrusion", _)
            if property != "beep" =>
        {
            facts.add_named(named(&of), &labels, value);
        }
        (_, "beep") => facts.add_named(named(&format!("{of}_enabled")), &labels, value),
        ("power", "accuracy") => facts.add_named(named(&of), &labels, value / units),
        // What runs at it is known by its label only.
        ("freq", "input") => {
            let label = text(&path.with_file_name(format!("{sensor}_label")));
            let Some(label) = label else { return };
            let labels = [("chip", chip), ("sensor", &*clean(&label))];
            facts.add_named(named(&format!("{of}{unit}")), &labels, value / units);
        }
        ("freq", _) => facts.add_named(named(&of), &labels, value),
        ("fan", other) if !FAN_SPEEDS.contains(&other) => {
            facts.add_named(named(&of), &labels, value);
        }
        ("power", interval) if interval.contains("interval") => {
            facts.add_named(named(&format!("{of}_seconds")), &labels, value / MILLISECONDS);
        }
        ("energy", "input") => facts.add(NODE_HWMON_ENERGY_JOULE_TOTAL, &labels, value / units),
        _ => facts.add_named(named(&format!("{of}{unit}")), &labels, value / units),
    }
}

/// Kind, sensor and property of a file's name: `temp`, `temp1` and `crit`; what only has a value has no
/// property.
fn parts(file: &str) -> Option<(&str, &str, &str)> {
    let (sensor, property) = file.split_once('_').unwrap_or((file, ""));
    let kind = sensor.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (kind.len() < sensor.len()).then_some((kind, sensor, property))
}

fn named(word: &str) -> String {
    let (before, behind) = NODE_HWMON.around();
    [before, word, behind].concat()
}

/// Letters that no name of a metric has become `_`, as node_exporter does it.
fn clean(text: &str) -> String {
    let letter = |letter: char| {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == ':' {
            letter
        } else {
            '_'
        }
    };
    text.chars().map(letter).collect::<String>().trim_matches('_').to_owned()
}
