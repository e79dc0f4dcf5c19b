//! `[choice]`: what is wanted of a server.

use headroom_proto::configuration::Section;

use super::traffic::Volume;
use super::{Answers, Owner, amount, part, text};
use crate::costs::Money;
use crate::offers::{Choice, Criterion, Exchange, Musts, Weights};

pub fn build(section: &Section<'_>, exchange: &Exchange) -> Choice {
    let usual = Choice::default();
    let owners = section.list::<Owner>("ownership").unwrap_or_default();
    let ownership: Vec<_> = owners.into_iter().map(|Owner(one)| one).collect();
    Choice {
        host: text(section, "host"),
        musts: build_musts(&section.section("must"), exchange),
        weights: build_weights(&section.section("weights")),
        ownership: if ownership.is_empty() { usual.ownership } else { ownership },
        hampered_price: in_base(section, "hampered", exchange).unwrap_or(usual.hampered_price),
        thread_score: amount(section, "thread_score"),
    }
}

fn build_musts(section: &Section<'_>, exchange: &Exchange) -> Musts {
    let owners = section.list::<Owner>("ownership").unwrap_or_default();
    let bytes = |key: &str| section.value::<Volume>(key).map(|volume| volume.bytes);
    Musts {
        budget: in_base(section, "budget", exchange),
        within: part(section, "within"),
        ownership: owners.into_iter().map(|Owner(one)| one).collect(),
        support: section.value::<Answers>("support").map(|Answers(one)| one),
        jurisdictions: section.list("jurisdictions").unwrap_or_default(),
        cores: amount(section, "cores"),
        memory_bytes: bytes("memory"),
        disk_bytes: bytes("disk"),
        term_months: section.value("term_months"),
    }
}

/// An amount in whole units of the base.
fn in_base(section: &Section<'_>, key: &str, exchange: &Exchange) -> Option<f64> {
    let money: Money = section.value(key)?;
    if money.minor < 0 {
        section.mistake(key, "must not be negative");
    }
    if !exchange.knows(money.currency) {
        section.mistake(key, format!("has no rate in [exchange.rates] for {}", money.currency));
    }
    Some(exchange.in_base(money.minor as f64, money.currency))
}

fn build_weights(section: &Section<'_>) -> Weights {
    let mut is_told = false;
    let weights = Criterion::ALL.map(|criterion| {
        let key = criterion.word();
        is_told |= section.has(key);
        amount(section, key)
    });
    if !is_told {
        return Weights::default();
    }
    let found = Weights::of(weights.map(|weight| weight.unwrap_or(0.0)));
    found.unwrap_or_else(|| {
        section.mistake("cost", "and all other weights are zero: one must count");
        Weights::default()
    })
}
