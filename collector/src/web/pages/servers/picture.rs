//! `/planning/servers.svg`: offers by what they cost and how likely all their limits hold; and a map of them.

use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;

use super::{ServersQuery, found, host, hosts, without_offers};
use crate::graphs::map::{Map, Place, Site};
use crate::graphs::scatter::{Dot, Scatter, Standing};
use crate::graphs::{Look, Size, map_points, map_svg, scatter_svg};
use crate::reports::servers::{Beside, Found};
use crate::web::content::{Content, SVG};
use crate::web::gate::{Gate, Kind};
use crate::web::pages::picture::form_urlencoded;
use crate::web::pictures::THEMES;
use crate::web::problem::Problem;
use crate::web::question::{Wishes, choice};
use crate::web::site::Visit;

const SIZES: [(&str, Size); 2] = [("full", Size::Full), ("narrow", Size::Narrow)];

/// What is asked of the picture.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PictureQuery {
    /// Whose rooms are to move.
    host: Option<String>,
    /// `light` or `dark`.
    theme: Option<String>,
    /// `full` or `narrow`.
    size: Option<String>,
}

/// Where the picture of a host's offers is; its theme and its size may follow.
pub fn address(host: &str) -> String {
    format!("/planning/servers.svg?host={}", form_urlencoded(host))
}

pub async fn servers_picture(
    gate: Gate,
    wishes: Wishes<PictureQuery>,
) -> Result<Response, Problem> {
    gate.pass(Kind::Report, move |visit: Visit<'_>| picture(visit, &wishes.read()?)).await
}

fn picture(visit: Visit<'_>, query: &PictureQuery) -> Result<Content, Problem> {
    let Asked { host, found, look } = asked(visit, query)?;
    let svg = scatter_svg(&scatter(&found, &host), look);
    let svg = svg.map_err(|error| Problem::failed("draw the offers", &error))?;
    Ok(Content::whole(SVG, svg).revalidated())
}

/// `/planning/servers/map.svg`: where offers and members are.
pub async fn servers_map(gate: Gate, wishes: Wishes<PictureQuery>) -> Result<Response, Problem> {
    let drawn = move |visit: Visit<'_>| {
        let Asked { host, found, look } = asked(visit, &wishes.read()?)?;
        let map = map(visit, &found, &host);
        let svg = map_svg(&map, look);
        let svg = svg.map_err(|error| Problem::failed("draw the map of offers", &error))?;
        Ok(Content::whole(SVG, svg).revalidated())
    };
    gate.pass(Kind::Report, drawn).await
}

/// What a page knows of its map.
pub struct Mapped {
    /// Its theme and its size may follow.
    pub address: String,
    /// In points.
    pub full: (u32, u32),
    /// On a phone.
    pub narrow: (u32, u32),
}

impl Mapped {
    /// None where no offer has a place.
    pub fn of(visit: Visit<'_>, found: &Found, host: &str) -> Option<Self> {
        let address = format!("/planning/servers/map.svg?host={}", form_urlencoded(host));
        let [full, narrow] = [Size::Full, Size::Narrow].map(map_points);
        let is_empty = map(visit, found, host).is_empty();
        (!is_empty).then_some(Self { address, full, narrow })
    }
}

/// What both pictures are made of.
struct Asked {
    host: String,
    found: Arc<Found>,
    look: Look,
}

fn asked(visit: Visit<'_>, query: &PictureQuery) -> Result<Asked, Problem> {
    let theme = choice("theme", query.theme.as_deref(), &THEMES)?;
    let size = choice("size", query.size.as_deref(), &SIZES)?;
    if visit.site.plans.plan.offers.is_none() {
        return Err(without_offers());
    }
    let asked = ServersQuery { host: query.host.clone(), table: None };
    let host = host(visit, &asked, &hosts(visit)?)?;
    let found = found(visit, &host)?.ok_or_else(without_offers)?;
    Ok(Asked { host, found, look: Look { theme, size } })
}

fn standing(one: &Beside) -> Standing {
    match (one.is_eligible, one.is_front) {
        (true, true) => Standing::Front,
        (true, false) => Standing::Behind,
        (false, _) => Standing::Rejected,
    }
}

fn map(visit: Visit<'_>, found: &Found, host: &str) -> Map {
    let site = |one: &Beside| {
        let place = Place { name: one.name.clone(), at: one.at? };
        Some(Site { place, standing: standing(one) })
    };
    let members = visit.site.plans.plan.members.iter();
    Map {
        title: format!("{host}: where offers and members are"),
        sites: found.beside.iter().filter_map(site).collect(),
        members: members
            .filter_map(|member| Some(Place { name: member.name.clone(), at: member.coordinates? }))
            .collect(),
    }
}

fn scatter(found: &Found, host: &str) -> Scatter {
    let dot = |one: &Beside| Dot {
        name: one.name.clone(),
        across: one.monthly.middle,
        low: one.monthly.low,
        high: one.monthly.high,
        upward: one.holds * 100.0,
        standing: standing(one),
    };
    Scatter {
        title: format!("Offers for the rooms of {host}"),
        across: format!("a month in {}, from one of ten futures to nine", found.base),
        upward: "all limits hold, in % of futures".into(),
        most: 100.0,
        dots: found.beside.iter().map(dot).collect(),
    }
}
