//! `[containers]`: the organisations that containers belong to.

use headroom_proto::configuration::Section;
use headroom_proto::limits::MAX_VALUE_BYTES;

use crate::samplers::ContainerOptions;

pub fn build(section: &Section<'_>) -> ContainerOptions {
    let tenants = section.section("tenants");
    let tenant = |container: String| {
        let name: String = tenants.value(&container)?;
        if !(1..=MAX_VALUE_BYTES).contains(&name.trim().len()) {
            let rule = format_args!("must be a name of 1 to {MAX_VALUE_BYTES} bytes").to_string();
            tenants.mistake(&container, rule);
        }
        Some((container, name.trim().to_owned()))
    };
    ContainerOptions { tenants: tenants.free_keys().into_iter().filter_map(tenant).collect() }
}
