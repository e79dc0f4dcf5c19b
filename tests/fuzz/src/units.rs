//! What systemctl and ethtool print, up to the text that they are shown as.

use headroom_agent::exposition;
use headroom_agent::samplers::{tell_driver, tell_units};
use headroom_agent::series::{Reading, Round, SeriesTables};

/// An answer of systemctl; what is no UTF-8 is refused before it is read.
pub fn units(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut reading = Reading::default();
    tell_units(text, &mut Round::new(&mut reading));
    let (about, figures) = text.split_once("\n\n").unwrap_or(("", text));
    tell_driver(about, figures, &mut Round::new(&mut reading));
    let mut tables = SeriesTables::default();
    let layout = tables.resolve(&mut reading).layout;
    let _ = exposition::write(&layout, reading.values());
}

/// The answers of hosts, and what none says.
pub fn seeds() -> Vec<Vec<u8>> {
    let host = include_str!("../../../agent/src/samplers/fixtures/systemctl-bbb.txt");
    let unit = "Id=a.service\nLoadState=loaded\nActiveState=active\n";
    let mut all: Vec<String> = host.split("\n\n").map(ToOwned::to_owned).collect();
    all.extend([
        host.to_owned(),
        format!("{unit}NRestarts=1e300\nActiveEnterTimestampMonotonic=18446744073709551615\n"),
        format!("{unit}NRestarts=NaN\nActiveEnterTimestampMonotonic=-1\nType=\n"),
        format!("{unit}\n\n{unit}\n\n\n"),
        "Id=\nLoadState=\nActiveState=\n".into(),
        "no line with a sign".into(),
        DRIVER.into(),
        "=\n==\nId=a\nLoadState=not-found\nActiveState=x".into(),
        "Failed to connect to bus: No such file or directory\n".into(),
    ]);
    for kind in KINDS {
        for (load, active) in STATES {
            let (id, of_type) = kind;
            all.push(format!(
                "{of_type}NRestarts=2\nId={id}\nLoadState={load}\nActiveState={active}\n\
                 ActiveEnterTimestampMonotonic=90061000001\n"
            ));
        }
    }
    // Units of all kinds in one answer; the same with the ends of lines of another system.
    let whole = all[all.len() - KINDS.len() * STATES.len()..].join("\n");
    all.extend([whole.replace('\n', "\r\n"), whole]);
    all.extend(ODD.map(|properties| format!("{unit}{properties}")));
    all.into_iter().map(String::into_bytes).collect()
}

/// What ethtool prints of a driver: itself, and its figures.
const DRIVER: &str = "driver: virtio_net\nversion: 1.0.0\nfirmware-version: \nbus-info: 0000:00:03.0\n\n\
    NIC statistics:\n     rx_packets: 12\n     rx_queue_0_bytes: 9\n     [3]: tx-64.bytes: 18446744073709551615\n";

/// Units of each kind that systemd names, and how it escapes what no name may hold.
const KINDS: [(&str, &str); 14] = [
    ("bbb-html5-frontend@1.service", "Type=simple\n"),
    ("getty@tty1.service", "Type=idle\n"),
    ("systemd-networkd.service", "Type=notify\n"),
    ("dbus.service", "Type=dbus\n"),
    ("networking.service", "Type=oneshot\n"),
    ("redis-server.service", "Type=notify-reload\n"),
    ("docker.socket", ""),
    ("logrotate.timer", ""),
    ("var-bigbluebutton.mount", ""),
    ("dev-disk-by\\x2duuid-1b2c\\x2d3d.swap", ""),
    ("system-postgresql.slice", ""),
    ("session-12.scope", ""),
    ("multi-user.target", ""),
    ("größe@ü\\xc3.service", "Type=exec\n"),
];

/// How it is loaded, and what it does.
const STATES: [(&str, &str); 10] = [
    ("loaded", "active"),
    ("loaded", "reloading"),
    ("loaded", "inactive"),
    ("loaded", "failed"),
    ("loaded", "activating"),
    ("loaded", "deactivating"),
    ("loaded", "maintenance"),
    ("masked", "inactive"),
    ("bad-setting", "refreshing"),
    ("not-found", ""),
];

/// Properties as other releases, or nobody, would print them.
const ODD: [&str; 16] = [
    "Description=A unit = with signs\nNRestarts=0\n",
    "NRestarts=[not set]\nActiveEnterTimestampMonotonic=[not set]\n",
    "NRestarts=-1\n",
    "NRestarts=4294967296\n",
    "NRestarts=0x10\n",
    "NRestarts= 7 \n",
    "NRestarts=1\nNRestarts=2\n",
    "ActiveEnterTimestampMonotonic=18446744073709551616\n",
    "ActiveEnterTimestampMonotonic=1.5\n",
    "ActiveEnterTimestampMonotonic=\n",
    "ActiveEnterTimestamp=Thu 2020-05-28 14:00:00 CEST\n",
    "ActiveState=\u{1b}[31mactive\u{1b}[0m\n",
    "Type=simple\nType=\0\n",
    "Id=other.service\n",
    "loadstate=loaded\nACTIVESTATE=active\n",
    "StatusText=half of a l",
];
