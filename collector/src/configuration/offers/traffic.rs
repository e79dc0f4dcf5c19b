//! `[offers.traffic]` and the port: what traffic costs, and what passes.

use std::str::FromStr;

use headroom_proto::configuration::Section;
use headroom_proto::units::BitRate;

use super::{Prices, one_of};
use crate::contracts::{
    Beyond, Burst, Contract, Counted, Form, Port, Price, Rounding, SHARED_PART, Sharing,
};

const TIB: f64 = 1_099_511_627_776.0;

/// How far a size in TB may lie from whole TiB to be suspected of being one, relative.
const SUSPECT: f64 = 1e-3;

/// A volume as providers write it, and whether it counts by 1024.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    pub bytes: f64,
    is_binary: bool,
    has_fraction: bool,
}

impl FromStr for Volume {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let expected = "needs a number with GB, TB, PB, GiB, TiB or PiB, such as 20 TB";
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (is_binary, factor) = match unit.trim_start() {
            "GB" => (false, 1e9),
            "TB" => (false, 1e12),
            "PB" => (false, 1e15),
            "GiB" => (true, 1_073_741_824.0),
            "TiB" => (true, TIB),
            "PiB" => (true, TIB * 1024.0),
            _ => return Err(expected),
        };
        let value: f64 = number.parse().map_err(|_| expected)?;
        if !(value > 0.0 && value * factor < 1e21) {
            return Err("must be more than nothing, and less than the world sends in a month");
        }
        Ok(Self { bytes: value * factor, is_binary, has_fraction: value.fract() != 0.0 })
    }
}

impl Volume {
    /// A TB that is nearly a whole number of TiB, written to the hundredth.
    fn is_suspect(self) -> bool {
        let tib = self.bytes / TIB;
        !self.is_binary
            && self.has_fraction
            && tib >= 0.5
            && (tib - tib.round()).abs() < SUSPECT * tib
    }
}

/// The contract of an offer; every key is asked for, so that none is called unknown for another's
/// mistake.
pub fn build(offer: &Section<'_>, money: &Prices) -> Option<Contract> {
    let port = build_port(offer);
    let section = offer.section("traffic");
    let counted = build_counted(&section);
    let form = build_form(&section, money);
    Some(Contract { port: port?, counted, form: form? })
}

fn build_port(section: &Section<'_>) -> Option<Port> {
    let mbit = |key: &str| section.value::<BitRate>(key).map(|BitRate(bits)| bits / 1e6);
    if !section.has("port") {
        section.mistake("port", "is missing: its speed, such as 1 Gbit/s");
    }
    let speed = mbit("port");
    if speed.is_some_and(|mbit| mbit < 1.0) {
        section.mistake("port", "must be at least 1 Mbit/s");
    }
    let is_shared = section.flag("shared");
    let part: Option<f64> = section.value("shared_part");
    if part.is_some_and(|part| !(part > 0.0 && part <= 1.0)) {
        section.mistake("shared_part", "must be more than 0 and at most 1");
    }
    if part.is_some() && !is_shared {
        section.mistake("shared_part", "needs shared = true beside it");
    }
    let (burst, until) = (mbit("burst"), section.value::<Volume>("burst_until"));
    if section.has("burst") != section.has("burst_until") {
        section.mistake("burst", "needs burst_until beside it, and that a burst");
    }
    let burst = burst.zip(until).map(|(mbit, until)| Burst { mbit, until_bytes: until.bytes });
    if let (Some(burst), Some(speed)) = (burst, speed)
        && burst.mbit < speed
    {
        section.mistake("burst", "must be at least as fast as the port");
    }
    let sharing = if is_shared {
        Sharing::Shared { part: part.unwrap_or(SHARED_PART).clamp(0.01, 1.0) }
    } else {
        Sharing::Dedicated
    };
    Some(Port { mbit: speed?, sharing, burst })
}

fn build_counted(section: &Section<'_>) -> Counted {
    match section.value::<String>("counted").as_deref() {
        None | Some("out") => Counted::Out,
        Some("in+out") => Counted::InAndOut,
        Some("greater") => Counted::Greater,
        Some(_) => {
            section.mistake("counted", one_of(["out", "in+out", "greater"]));
            Counted::Out
        }
    }
}

fn build_form(section: &Section<'_>, money: &Prices) -> Option<Form> {
    let form: Option<String> = section.value("form");
    let volume = |key: &str| {
        let volume: Option<Volume> = section.value(key);
        if volume.is_some_and(Volume::is_suspect) {
            section.mistake(key, "is a whole number of TiB; write TiB if that is meant");
        }
        volume
    };
    let (included, pack, per) = (volume("included"), volume("pack"), volume("per"));
    let mbit = |key: &str| section.value::<BitRate>(key).map(|BitRate(bits)| bits / 1e6);
    let (throttle, commit) = (mbit("throttle"), mbit("commit"));
    let months: Option<u32> = section.value("months");
    let price = money.minor(section, "price");
    let beyond: Option<String> = section.value("beyond");
    let rounding = build_rounding(section);
    let beyond = beyond.as_deref();
    if let Some(form) = form.as_deref() {
        refuse_others(section, form, beyond);
    }
    let needs = |key: &str, why: &str| {
        if !section.has(key) {
            section.mistake(key, format!("is missing: {why}"));
        }
    };
    match form.as_deref() {
        Some("unmetered") => Some(Form::Unmetered),
        Some("quota") => {
            needs("included", "what the price covers, such as 20 TB");
            let beyond = match beyond {
                Some("priced") => {
                    needs("price", "what a unit beyond it costs");
                    Beyond::Priced(Price {
                        minor: price,
                        unit_bytes: unit(section, included, per),
                        rounding,
                    })
                }
                Some("throttled") => {
                    needs("throttle", "what still passes, such as 10 Mbit/s");
                    Beyond::Throttled { mbit: throttle.unwrap_or(1.0) }
                }
                Some("unfair") => Beyond::Unfair,
                None | Some(_) => {
                    section.mistake("beyond", one_of(["priced", "throttled", "unfair"]));
                    return None;
                }
            };
            Some(Form::Quota { included_bytes: included?.bytes, beyond })
        }
        Some("prepaid") => {
            needs("pack", "how much one buys at once");
            needs("price", "what that costs");
            let months = months.unwrap_or(12);
            if !(1..=120).contains(&months) {
                section.mistake("months", "must be between 1 and 120");
            }
            Some(Form::Prepaid { pack_bytes: pack?.bytes, price, months })
        }
        Some("percentile") => {
            needs("commit", "what the price covers, such as 100 Mbit/s");
            needs("price", "what each Mbit/s beyond it costs");
            Some(Form::Percentile { commit_mbit: commit?, price })
        }
        None | Some(_) => {
            section.mistake("form", one_of(["unmetered", "quota", "prepaid", "percentile"]));
            None
        }
    }
}

/// Which keys belong to which form, and to what is beyond a quota.
const KEYS: [(&str, &[&str]); 7] = [
    ("unmetered", &[]),
    ("quota", &["included", "beyond"]),
    ("priced", &["price", "per", "rounding"]),
    ("throttled", &["throttle"]),
    ("unfair", &[]),
    ("prepaid", &["pack", "price", "months"]),
    ("percentile", &["commit", "price"]),
];

/// What stands beside a form to which it does not belong would be read by people, and by nobody else.
fn refuse_others(section: &Section<'_>, form: &str, beyond: Option<&str>) {
    let keys = |name: &str| KEYS.iter().find(|(known, _)| *known == name).map(|(_, keys)| *keys);
    let Some(mut own) = keys(form).map(<[&str]>::to_vec) else { return };
    if form == "quota" {
        let Some(more) = beyond.and_then(keys) else { return };
        own.extend(more);
    }
    let mut told: Vec<&str> = Vec::new();
    for key in KEYS.iter().flat_map(|(_, keys)| keys.iter()) {
        if section.has(key) && !own.contains(key) && !told.contains(key) {
            let words = beyond.filter(|_| form == "quota").unwrap_or(form);
            section.mistake(key, format!("does not belong to what is {words}"));
            told.push(*key);
        }
    }
}

/// The unit of a price: as it is written, or one of the kind that the quota is counted in.
fn unit(section: &Section<'_>, included: Option<Volume>, per: Option<Volume>) -> f64 {
    let is_binary = included.is_some_and(|volume| volume.is_binary);
    if per.is_some_and(|per| per.is_binary != is_binary) && included.is_some() {
        section
            .mistake("per", "counts otherwise than included does: write both in TB or both in TiB");
    }
    per.map_or(if is_binary { TIB } else { 1e12 }, |per| per.bytes)
}

fn build_rounding(section: &Section<'_>) -> Rounding {
    match section.value::<String>("rounding").as_deref() {
        None | Some("whole") => Rounding::Whole,
        Some("exact") => Rounding::Exact,
        Some(_) => {
            section.mistake("rounding", one_of(["whole", "exact"]));
            Rounding::Whole
        }
    }
}
