//! `[services]`: the systemd units whose states are told.

use headroom_proto::configuration::Section;

use crate::samplers::{UnitName, default_units};

/// The most units and patterns.
const MAX_UNITS: usize = 100;

pub fn build(section: &Section<'_>) -> Vec<UnitName> {
    let units = section.list("units").unwrap_or_else(default_units);
    if units.len() > MAX_UNITS {
        let rule = format_args!("must be at most {MAX_UNITS} units, not {}", units.len());
        section.mistake("units", rule.to_string());
    }
    units
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use headroom_proto::configuration::read;

    use super::*;

    #[test]
    fn the_example_has_the_units_of_the_default() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("example.toml");
        let mut units = None;
        // Nobody asks for the other sections, which is a mistake that does not matter here.
        let _ = read(&example, |root| units = Some(build(&root.section("services"))));
        assert_eq!(units, Some(default_units()));
    }
}
