//! `/planning/servers.svg`: offers by what they cost and how likely all their limits hold.

use axum::response::Response;
use serde::Deserialize;

use super::{ServersQuery, found, host, hosts, without_offers};
use crate::graphs::scatter::{Dot, Scatter, Standing};
use crate::graphs::{Look, Size, scatter_svg};
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
    let theme = choice("theme", query.theme.as_deref(), &THEMES)?;
    let size = choice("size", query.size.as_deref(), &SIZES)?;
    if visit.site.plans.plan.offers.is_none() {
        return Err(without_offers());
    }
    let asked = ServersQuery { host: query.host.clone(), table: None };
    let host = host(visit, &asked, &hosts(visit)?)?;
    let found = found(visit, &host)?.ok_or_else(without_offers)?;
    let svg = scatter_svg(&scatter(&found, &host), Look { theme, size });
    let svg = svg.map_err(|error| Problem::failed("draw the offers", &error))?;
    Ok(Content::whole(SVG, svg).revalidated())
}

fn scatter(found: &Found, host: &str) -> Scatter {
    let dot = |one: &Beside| Dot {
        name: one.name.clone(),
        across: one.monthly.middle,
        low: one.monthly.low,
        high: one.monthly.high,
        upward: one.holds * 100.0,
        standing: match (one.is_eligible, one.is_front) {
            (true, true) => Standing::Front,
            (true, false) => Standing::Behind,
            (false, _) => Standing::Rejected,
        },
    };
    Scatter {
        title: format!("Offers for the rooms of {host}"),
        across: format!("a month in {}, from one of ten futures to nine", found.base),
        upward: "all limits hold, in % of futures".into(),
        most: 100.0,
        dots: found.beside.iter().map(dot).collect(),
    }
}
