//! One row of a CSV of offers, and the block that it becomes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use headroom_proto::configuration::quoted;

use super::money;
use crate::costs::Currency;
use crate::offers::MONTH_HOURS;

/// Months of a year: prices of other units become those of a month.
const YEAR_MONTHS: f64 = 12.0;

/// Those that are taken: our own, then those of Spare Cores' tables.
pub const COLUMNS: [&str; 66] = [
    "name",
    "provider",
    "place",
    "datacentre",
    "latitude",
    "longitude",
    "source",
    "read",
    "price",
    "renewal",
    "renewal_after_months",
    "setup",
    "term_months",
    "tax",
    "cores",
    "threads",
    "thread_score",
    "memory",
    "disk",
    "disks",
    "watts",
    "port",
    "shared",
    "shared_part",
    "burst",
    "burst_until",
    "ownership",
    "support",
    "jurisdiction",
    "grid_carbon",
    "notes",
    "traffic.form",
    "traffic.counted",
    "traffic.included",
    "traffic.beyond",
    "traffic.price",
    "traffic.per",
    "traffic.rounding",
    "traffic.throttle",
    "traffic.pack",
    "traffic.months",
    "traffic.commit",
    "vendor_id",
    "vendor",
    "region_id",
    "region",
    "zone_id",
    "city",
    "country_id",
    "lat",
    "lon",
    "server_id",
    "display_name",
    "observed_at",
    "unit",
    "currency",
    "price_upfront",
    "cpu_cores",
    "vcpus",
    "memory_amount",
    "storage_size",
    "storage_type",
    "network_speed_baseline",
    "network_speed_max",
    "outbound_traffic",
    "traffic_price",
];

/// Columns of Spare Cores' tables that say nothing of what is compared here.
pub const LEFT_OUT: [&str; 54] = [
    "api_reference",
    "description",
    "family",
    "hypervisor",
    "cpu_allocation",
    "cpu_speed",
    "cpu_architecture",
    "cpu_manufacturer",
    "cpu_family",
    "cpu_model",
    "cpu_l1d_cache",
    "cpu_l1d_cache_total",
    "cpu_l1i_cache",
    "cpu_l1i_cache_total",
    "cpu_l2_cache",
    "cpu_l2_cache_total",
    "cpu_l3_cache",
    "cpu_l3_cache_total",
    "cpu_flags",
    "cpus",
    "ecpus",
    "scalability",
    "hw_virt",
    "memory_amount_actual",
    "memory_generation",
    "memory_speed",
    "memory_ecc",
    "gpu_count",
    "gpu_memory_min",
    "gpu_memory_total",
    "gpu_manufacturer",
    "gpu_family",
    "gpu_model",
    "gpus",
    "storages",
    "network_storage_speed_baseline",
    "network_storage_speed_max",
    "inbound_traffic",
    "ipv4",
    "average_time_to_start",
    "status",
    "operating_system",
    "allocation",
    "price_tiered",
    "direction",
    "aliases",
    "state",
    "address_line",
    "zip_code",
    "founding_year",
    "green_energy",
    "network_speed",
    "min_price",
    "score",
];

/// Keys that are texts, as they stand.
const TEXTS: [&str; 24] = [
    "provider",
    "place",
    "datacentre",
    "source",
    "read",
    "memory",
    "disk",
    "disks",
    "port",
    "burst",
    "burst_until",
    "ownership",
    "support",
    "jurisdiction",
    "notes",
    "traffic.form",
    "traffic.counted",
    "traffic.included",
    "traffic.beyond",
    "traffic.per",
    "traffic.rounding",
    "traffic.throttle",
    "traffic.pack",
    "traffic.commit",
];

/// Keys that are numbers.
const NUMBERS: [&str; 13] = [
    "latitude",
    "longitude",
    "renewal_after_months",
    "term_months",
    "tax",
    "cores",
    "threads",
    "thread_score",
    "watts",
    "shared",
    "shared_part",
    "grid_carbon",
    "traffic.months",
];

/// Keys that are money.
const AMOUNTS: [&str; 4] = ["price", "renewal", "setup", "traffic.price"];

/// A row with its cells by column; empty ones are none.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it stands.
    pub line: u64,
    /// What it has.
    pub cells: BTreeMap<String, String>,
}

/// Keys with their values as TOML writes them.
type Found = BTreeMap<&'static str, String>;

impl Row {
    fn cell(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    fn first(&self, columns: &[&str]) -> Option<&str> {
        columns.iter().find_map(|column| self.cell(column))
    }

    /// A number of a column; a mistake if it is none, or negative.
    fn number(&self, column: &str, mistakes: &mut Vec<String>) -> Option<f64> {
        let text = self.cell(column)?;
        let number = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
        if number.is_none() {
            mistakes.push(format!("{column} ({text}) must be a number that is not negative"));
        }
        number
    }

    /// The block for the file of offers.
    pub fn block(&self) -> Result<String, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut found = Found::new();
        for key in TEXTS {
            found.extend(self.cell(key).map(|text| (key, quoted(text))));
        }
        for key in NUMBERS {
            found.extend(self.cell(key).map(|text| (key, bare(text))));
        }
        self.add_name(&mut found);
        self.add_site(&mut found);
        let currency = self.currency(&mut mistakes);
        self.add_money(currency, &mut found, &mut mistakes);
        self.add_server(&mut found, &mut mistakes);
        self.add_traffic(currency, &mut found, &mut mistakes);
        if mistakes.is_empty() { Ok(written(&found)) } else { Err(mistakes) }
    }

    /// Its own name; what Spare Cores calls a server is offered in several regions.
    fn add_name(&self, found: &mut Found) {
        let region = self.first(&["region", "region_id", "zone_id"]);
        let of_server = || {
            let server = self.first(&["display_name", "server_id"])?;
            let vendor = self.first(&["vendor", "vendor_id"]).map(|name| format!("{name} "));
            let region = region.map(|name| format!(", {name}"));
            Some(format!("{}{server}{}", vendor.unwrap_or_default(), region.unwrap_or_default()))
        };
        let name = self.cell("name").map(ToOwned::to_owned);
        // A server's own name is the same in each region.
        let name =
            if self.cell("server_id").is_some() { of_server() } else { name.or_else(of_server) };
        found.extend(name.map(|name| ("name", quoted(&name))));
    }

    fn add_site(&self, found: &mut Found) {
        for (key, columns) in [
            ("provider", &["vendor", "vendor_id"][..]),
            ("place", &["city", "region", "region_id"]),
            ("jurisdiction", &["country_id"]),
        ] {
            if let Some(text) = self.first(columns) {
                found.entry(key).or_insert_with(|| quoted(text));
            }
        }
        if let Some(kind) = self.cell("storage_type") {
            found.entry("disks").or_insert_with(|| quoted(&kind.to_lowercase().replace('_', " ")));
        }
        for (key, column) in [("latitude", "lat"), ("longitude", "lon")] {
            if let Some(text) = self.cell(column) {
                found.entry(key).or_insert_with(|| bare(text));
            }
        }
        if let Some(moment) = self.cell("observed_at") {
            let date: String = moment.chars().take(10).collect();
            found.entry("read").or_insert_with(|| quoted(&date));
        }
        if self.cell("server_id").is_some() {
            found.entry("source").or_insert_with(|| quoted("Spare Cores"));
        }
    }

    fn currency(&self, mistakes: &mut Vec<String>) -> Option<Currency> {
        let text = self.cell("currency")?;
        let currency = text.parse().ok();
        if currency.is_none() {
            let message = format!("currency ({text}) must be three great letters, such as USD");
            mistakes.push(message);
        }
        currency
    }

    /// Prices as they stand, or numbers of the column of currencies, of a month, an hour or a year.
    fn add_money(&self, currency: Option<Currency>, found: &mut Found, mistakes: &mut Vec<String>) {
        if self.cell("currency").is_none() {
            for key in AMOUNTS {
                found.extend(self.cell(key).map(|text| (key, quoted(text))));
            }
            for column in ["price_upfront", "traffic_price", "unit"] {
                if let Some(text) = self.cell(column) {
                    mistakes.push(format!("{column} ({text}) needs a column currency beside it"));
                }
            }
            return;
        }
        let Some(currency) = currency else { return };
        // SQLite has names of units in great letters.
        let months = match self.cell("unit").map(str::to_lowercase).as_deref() {
            None | Some("month") => 1.0,
            Some("hour") => MONTH_HOURS,
            Some("year") => 1.0 / YEAR_MONTHS,
            Some(other) => {
                mistakes.push(format!("unit ({other}) must be hour, month or year"));
                1.0
            }
        };
        for (key, column, times) in [
            ("price", "price", months),
            ("renewal", "renewal", months),
            ("setup", "setup", 1.0),
            ("setup", "price_upfront", 1.0),
            ("traffic.price", "traffic.price", 1.0),
        ] {
            let value = self.number(column, mistakes);
            found.extend(value.map(|value| (key, quoted(&money(value * times, currency)))));
        }
    }

    /// Cores, memory in MiB, disks in GB, networks in Gbit/s.
    fn add_server(&self, found: &mut Found, mistakes: &mut Vec<String>) {
        for (key, column) in [("cores", "cpu_cores"), ("threads", "vcpus")] {
            let value = self.number(column, mistakes);
            if let Some(value) = value {
                found.entry(key).or_insert_with(|| value.to_string());
            }
        }
        let speed = ["network_speed_baseline", "network_speed_max"];
        let speed = speed.iter().find_map(|column| self.number(column, mistakes));
        for (key, text) in [
            ("memory", self.number("memory_amount", mistakes).map(gib)),
            ("disk", self.number("storage_size", mistakes).filter(|gb| *gb > 0.0).map(gb)),
            ("port", speed.filter(|gbit| *gbit > 0.0).map(|gbit| format!("{gbit} Gbit/s"))),
        ] {
            if let Some(text) = text {
                found.entry(key).or_insert_with(|| quoted(&text));
            }
        }
    }

    /// What is included in a month, in GB, and what a GB beyond it costs.
    fn add_traffic(
        &self,
        currency: Option<Currency>,
        found: &mut Found,
        mistakes: &mut Vec<String>,
    ) {
        let included = self.number("outbound_traffic", mistakes);
        let price = self.number("traffic_price", mistakes);
        if self.cell("traffic.form").is_some() || (included.is_none() && price.is_none()) {
            return;
        }
        let Some(price) = price else {
            let text = self.cell("outbound_traffic").unwrap_or_default();
            mistakes.push(format!(
                "outbound_traffic ({text}) needs traffic_price beside it: what a GB beyond it costs"
            ));
            return;
        };
        if price == 0.0 {
            found.insert("traffic.form", quoted("unmetered"));
            return;
        }
        let Some(currency) = currency else { return };
        // A quota of nothing is none that a contract can have: a GB stands for it.
        found.insert("traffic.form", quoted("quota"));
        found.insert("traffic.included", quoted(&gb(included.unwrap_or(0.0).max(1.0))));
        found.insert("traffic.beyond", quoted("priced"));
        found.insert("traffic.per", quoted("1 TB"));
        found.insert("traffic.price", quoted(&money(price * 1e3, currency)));
        found.insert("traffic.rounding", quoted("exact"));
    }
}

fn gib(mib: f64) -> String {
    format!("{} GiB", mib / 1024.0)
}

fn gb(gb: f64) -> String {
    format!("{gb} GB")
}

/// The block, the traffic as a table of its own behind the rest.
fn written(found: &Found) -> String {
    let mut block = String::from("[[offers]]\n");
    let mut traffic = String::new();
    // The name first.
    for (key, value) in found.iter().filter(|(key, _)| **key == "name") {
        let _ = writeln!(block, "{key} = {value}");
    }
    for (key, value) in found.iter().filter(|(key, _)| **key != "name") {
        match key.strip_prefix("traffic.") {
            Some(own) => {
                let _ = writeln!(traffic, "{own} = {value}");
            }
            None => {
                let _ = writeln!(block, "{key} = {value}");
            }
        }
    }
    format!("{block}\n[offers.traffic]\n{traffic}")
}

/// A number or a word as it stands; what is neither stays a text, and is told by whoever reads it.
fn bare(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite)
        && text.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-')
        && !text.ends_with('.')
        && !(text.len() > 1 && text.starts_with('0') && !text.starts_with("0."));
    if is_number || matches!(text, "true" | "false") { text.to_owned() } else { quoted(text) }
}
