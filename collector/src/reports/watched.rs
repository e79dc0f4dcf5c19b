//! What is watched of a host each full hour beside its model: its running cycle of bills, and whether what
//! the last decision on its server rested on still holds. Pure, but for reading what was carried.

use headroom_proto::catalogue::HEADROOM_DECISION_HOLDS;
use headroom_proto::metric::INSTANCE;

use super::Plans;
use super::cycles;
use super::host::HostModel;
use super::series::Figure;
use super::servers::{self, demand};
use crate::offers::{Assumption, Catalogue, DRAWS, Decision, Demand, Held, Worlds, evaluate};
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, Series, TimeRange};

/// Each full hour tells anew: what is older than two is not told any more.
const NEWEST_MS: i64 = 7_200_000;

/// The label that names what a decision rested on.
const ASSUMPTION: &str = "assumption";

/// The cycle of a host with a contract, in series; nothing of one without.
pub fn cycle(
    reader: Reader<'_>,
    plans: &Plans,
    instance: &str,
    now_ms: i64,
) -> Result<Vec<Figure>, ReadError> {
    let Some(contract) = plans.plan.contract_of(instance) else { return Ok(Vec::new()) };
    Ok(cycles::figures(&plans.cycle(reader, contract, now_ms)?))
}

/// What the last decision on a host's server rested on, in series; nothing where there is none.
pub fn decision(
    reader: Reader<'_>,
    plans: &Plans,
    model: &HostModel,
) -> Result<Vec<Figure>, ReadError> {
    let Some(catalogue) = &plans.plan.offers else { return Ok(Vec::new()) };
    let Some(decision) = catalogue.decision_on(&model.instance) else { return Ok(Vec::new()) };
    let demand = demand::read(reader, model, model.until_ms)?;
    let held = reader.budget.held();
    reader.budget.hold(servers::bytes(&demand))?;
    let found = assumptions(catalogue, decision, &demand);
    reader.budget.release_to(held);
    let figure = |one: Assumption| Figure {
        metric: HEADROOM_DECISION_HOLDS,
        label: Some((ASSUMPTION, one.key.to_owned())),
        value: f64::from(u8::from(one.holds)),
    };
    Ok(found.into_iter().map(figure).collect())
}

/// What no longer holds of decisions, as the last full hour told it: assumptions with their hosts.
pub fn broken(reader: Reader<'_>, now_ms: i64) -> Result<Vec<String>, ReadError> {
    let matchers = [Matcher::metric(HEADROOM_DECISION_HOLDS.name)];
    let range = TimeRange { from_ms: now_ms - NEWEST_MS, to_ms: now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let is_broken = |one: &&Series| one.values.last().is_some_and(|value| *value == 0.0);
    let of = |one: &Series| {
        let label = |name| one.labels.get(name).unwrap_or_default();
        format!("{} of {}", label(ASSUMPTION), label(INSTANCE))
    };
    let mut broken: Vec<String> = found.iter().filter(is_broken).map(of).collect();
    broken.sort_unstable();
    Ok(broken)
}

/// Its assumptions beside what is: those of the offer that was taken, alone.
fn assumptions(catalogue: &Catalogue, decision: &Decision, demand: &Demand) -> Vec<Assumption> {
    let Some(worlds) = Worlds::of(demand, catalogue.months(), DRAWS) else { return Vec::new() };
    let mut alone = catalogue.clone();
    alone.offers.retain(|offer| offer.name == decision.offer);
    let held = Held { catalogue: &alone, demand, worlds: &worlds };
    let found = evaluate(held, |_| None);
    found.first().map_or_else(Vec::new, |one| decision.assumptions(one, demand.month_bytes()))
}
