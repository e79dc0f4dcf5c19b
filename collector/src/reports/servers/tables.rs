//! The tables of the report on servers.

use super::View;
use crate::offers::{Criterion, Evaluated, Item, Ownership, Ranked, Reach, Standing, Support, Way};
use crate::reports::document::{Cell, Column, State, Table, Value};
use crate::reports::words;

/// All that one decides by.
pub fn offers(view: View<'_>) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::figures("place", "", &["rank", "rank_best", "rank_worst"]),
        Column::figures("points", "of 100", &["score"]),
        Column::figures("a month", "10–90 %", &["cost", "cost_low", "cost_high"]),
        Column::figures("holds", "all limits", &["within_ratio"]),
        Column::figures("hampered", "people × minutes a month", &["hampered_person_minutes"]),
        Column::figures("opinion", "of pairs", &["opinion"]),
        Column::words("owner", &["ownership"]),
        Column::words("support", &["support"]),
        Column::figures("regret", "a month", &["regret"]),
        Column::words("stands", &["standing"]),
    ];
    let rows = view.ranking.all.iter().map(|ranked| offer(view, ranked)).collect();
    let base = view.question.catalogue.exchange.base;
    let caption = format!(
        "Offers, the best first; money in {base}. Places in brackets are those with a weight a fifth less or more."
    );
    Table { key: "offers", caption, columns, rows }
}

fn offer(view: View<'_>, ranked: &Ranked<'_>) -> Vec<Cell> {
    let one = &ranked.one;
    let lacks = "It lacks something that was asked for.";
    let place = ranked.places.map_or_else(
        || Cell::nothing(lacks, 3),
        |[place, best, worst]| {
            let text = if best == worst {
                place.to_string()
            } else {
                format!("{place} ({best}–{worst})")
            };
            Cell::shown(text, [place as f64, best as f64, worst as f64])
        },
    );
    let score = ranked.score.map_or_else(
        || Cell::nothing(lacks, 1),
        |score| Cell::shown(format!("{:.0}", score * 100.0), [score]),
    );
    let monthly = one.monthly;
    let cost = if monthly.middle.is_finite() {
        Cell::shown(view.range(one), [monthly.middle, monthly.low, monthly.high])
    } else {
        Cell::nothing("Its currency has no rate.", 3)
    };
    let (standing, state) = match &ranked.standing {
        Standing::Rejected(_) => ("rejected", State::Bad),
        Standing::Dominated(_) => ("another is at least as good in all", State::Warning),
        Standing::Front => ("no other beats it", State::Good),
    };
    vec![
        Cell::text(&one.offer.name),
        place,
        score,
        cost,
        probability(one.holds),
        figure(one.hampered),
        opinion(one.reach.as_ref()),
        Cell::text(one.offer.ownership.map_or("–", Ownership::word)),
        Cell::text(one.offer.support.map_or("–", Support::word)),
        if one.regret.is_finite() {
            money(one.regret)
        } else {
            Cell::nothing("Its currency has no rate.", 1)
        },
        Cell::text(standing).standing(state),
    ]
}

fn figure(value: f64) -> Cell {
    Cell::shown(words::figure(value), [value])
}

/// To the cent, so that a column's points stand below each other.
fn money(value: f64) -> Cell {
    Cell::shown(format!("{value:.2}"), [value])
}

fn probability(value: f64) -> Cell {
    let state = if value < 0.5 { State::Warning } else { State::Plain };
    Cell::shown(words::probability(value), [value]).standing(state)
}

fn opinion(reach: Option<&Reach>) -> Cell {
    reach.map_or_else(
        || Cell::nothing("Where members are, or where it stands, is not known.", 1),
        |reach| Cell::shown(format!("{:.2}", reach.opinion), [reach.opinion]),
    )
}

/// What a month is made of, on average.
pub fn parts(view: View<'_>) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::figures("price", "", &["fee"]),
        Column::figures("set-up", "", &["setup"]),
        Column::figures("hardware", "", &["hardware"]),
        Column::figures("power", "", &["power"]),
        Column::figures("traffic", "", &["traffic"]),
        Column::figures("tax", "", &["tax"]),
        Column::figures("all", "", &["all"]),
    ];
    let row = |ranked: &Ranked<'_>| {
        let of = |item: Item| {
            let found = ranked.one.parts.iter().find(|(known, _)| *known == item);
            found.map_or(0.0, |(_, value)| *value)
        };
        let mut cells = vec![Cell::text(&ranked.one.offer.name)];
        cells.extend(Item::ALL.into_iter().map(|item| money(of(item))));
        cells.push(money(Item::ALL.into_iter().map(of).sum()));
        cells
    };
    let rows = view.ranking.all.iter().map(row).collect();
    let base = view.question.catalogue.exchange.base;
    let caption = format!("Means of all futures, in {base} a month; what is paid once is spread.");
    Table { key: "costs", caption, columns, rows }
}

/// What passes, and what does not.
pub fn limits(view: View<'_>) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::figures("port", "counted on", &["port_mbit"]),
        Column::figures("port holds", "", &["port_ratio"]),
        Column::figures("traffic holds", "", &["traffic_ratio"]),
        Column::figures("processors hold", "", &["processors_ratio"]),
        Column::figures("throttled", "minutes a month", &["throttled_minutes"]),
        Column::figures("above port", "minutes a month", &["above_port_minutes"]),
        Column::figures("quota ends", "day of 30", &["quota_end_day", "quota_end_ratio"]),
        Column::figures("carbon", "kg a month", &["carbon_kg"]),
    ];
    let rows = view.ranking.all.iter().map(|ranked| limit(&ranked.one)).collect();
    let caption = "How likely each limit holds, and how long in a month it does not.".into();
    Table { key: "limits", caption, columns, rows }
}

fn limit(one: &Evaluated<'_>) -> Vec<Cell> {
    let mbit = one.offer.contract.port.lasting_mbit();
    let quota = one.quota_end.map_or_else(
        || Cell::nothing("No quota ends in any future.", 2),
        |end| {
            let text = format!("{:.0} in {}", end.day, words::probability(end.probability));
            Cell::shown(text, [end.day, end.probability])
        },
    );
    vec![
        Cell::text(&one.offer.name),
        Cell::shown(words::speed(mbit), [mbit]),
        probability(one.port_holds),
        probability(one.traffic_holds),
        one.processors_hold.map_or_else(
            || Cell::nothing("It does not say how many cores it has.", 1),
            probability,
        ),
        figure(one.throttled_minutes),
        figure(one.above_port_minutes),
        quota,
        one.carbon_kg
            .map_or_else(|| Cell::nothing("Its power or its grid is not known.", 1), figure),
    ]
}

/// How far it is, in three figures.
pub fn reach(view: View<'_>) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::figures("mean round trip", "ms", &["mean_ms"]),
        Column::figures("worst pair", "ms one way", &["worst_pair_ms"]),
        Column::words("who", &["worst_pair"]),
        Column::figures("95 % of pairs", "ms one way", &["pairs_95_ms"]),
        Column::figures("opinion", "of pairs", &["opinion"]),
        Column::figures("worst opinion", "", &["worst_opinion"]),
    ];
    let row = |ranked: &Ranked<'_>| {
        let name = Cell::text(&ranked.one.offer.name);
        let Some(reach) = &ranked.one.reach else {
            let why = "Where it stands is not known.";
            let others = [1, 1, 1, 1, 1, 1].map(|values| Cell::nothing(why, values));
            return [name].into_iter().chain(others).collect();
        };
        let mark = if reach.is_estimated() { "≈ " } else { "" };
        let ms = |value: f64| Cell::shown(format!("{mark}{}", words::figure(value)), [value]);
        vec![
            name,
            ms(reach.mean_ms),
            ms(reach.worst_ms),
            Cell::text(reach.worst.join(" and ")),
            ms(reach.percentile_ms),
            Cell::shown(format!("{mark}{:.2}", reach.opinion), [reach.opinion]),
            Cell::shown(format!("{mark}{:.2}", reach.worst_opinion), [reach.worst_opinion]),
        ]
    };
    let rows = view.ranking.all.iter().map(row).collect();
    Table { key: "latency", caption: "Members by way of each offer.".into(), columns, rows }
}

/// Each member's way to each offer.
pub fn links(view: View<'_>) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::words("member", &["member"]),
        Column::figures("round trip", "ms", &["round_trip_ms"]),
        Column::words("known by", &["known_by"]),
        Column::figures("weight", "", &["weight"]),
    ];
    let mut rows = Vec::new();
    for ranked in &view.ranking.all {
        for link in ranked.one.reach.iter().flat_map(|reach| &reach.links) {
            let (mark, way) = match link.way {
                Way::Measured => ("", "measurement"),
                Way::Published => ("", "public figures"),
                Way::Estimated => ("≈ ", "distance"),
            };
            let round_trip = link.leg.round_trip_ms;
            rows.push(vec![
                Cell::text(&ranked.one.offer.name),
                Cell::text(&link.member),
                Cell::shown(format!("{mark}{}", words::figure(round_trip)), [round_trip]),
                Cell::text(way),
                figure(link.weight),
            ]);
        }
    }
    Table { key: "members", caption: "From each member.".into(), columns, rows }
}

/// Weights, and what each offer has of them.
pub fn weights(view: View<'_>) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::figures("cost", "", &["cost"]),
        Column::figures("within", "", &["within"]),
        Column::figures("latency", "", &["latency"]),
        Column::figures("ownership", "", &["ownership"]),
        Column::figures("support", "", &["support"]),
        Column::figures("carbon", "", &["carbon"]),
    ];
    let weight = |criterion: Criterion| {
        let weight = view.weight(criterion);
        Cell::shown(format!("{:.0} %", weight * 100.0), [weight])
    };
    let mut rows = vec![
        [Cell::text("weight")].into_iter().chain(Criterion::ALL.map(weight)).collect::<Vec<_>>(),
    ];
    for ranked in &view.ranking.all {
        let Some(scored) = ranked.scored else { continue };
        let by = |criterion| {
            let value = scored.by(criterion);
            Cell::shown(format!("{value:.2}"), [value])
        };
        rows.push(
            [Cell::text(&ranked.one.offer.name)]
                .into_iter()
                .chain(Criterion::ALL.map(by))
                .collect(),
        );
    }
    Table {
        key: "weights",
        caption: "What counts how much, and what each offer has of it.".into(),
        columns,
        rows,
    }
}

/// What was measured, and what it is told in.
pub fn basis(view: View<'_>) -> Table {
    let columns = vec![
        Column::figures("days", "measured", &["days"]),
        Column::figures("a month", "sent", &["month_bytes"]),
        Column::figures("busy cores", "at most", &["busy_cores"]),
        Column::words("currency", &["currency", "currency_digits"]),
    ];
    let base = view.question.catalogue.exchange.base;
    let mut currency = Cell::text(base.to_string());
    currency.values.push(Value::Number(base.digits() as f64));
    let demand = view.question.demand;
    let sent = demand.month_bytes();
    let row = vec![
        Cell::shown(demand.days.len().to_string(), [demand.days.len() as f64]),
        Cell::shown(words::bytes(sent), [sent]),
        figure(demand.busy_cores),
        currency,
    ];
    let caption = format!("What {} carried.", view.question.host);
    Table { key: "basis", caption, columns, rows: vec![row] }
}
