//! What systemctl prints, up to the text that the units of a host are shown as.

use headroom_agent::exposition;
use headroom_agent::samplers::tell_units;
use headroom_agent::series::{Reading, Round, SeriesTables};

/// An answer of systemctl; what is no UTF-8 is refused before it is read.
pub fn units(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut reading = Reading::default();
    // A refusal is an answer.
    let _ = tell_units(text, &mut Round::new(&mut reading));
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
        "=\n==\nId=a\nLoadState=not-found\nActiveState=x".into(),
        "Failed to connect to bus: No such file or directory\n".into(),
    ]);
    all.into_iter().map(String::into_bytes).collect()
}
